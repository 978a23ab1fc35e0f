namespace Etcd.Hosting.Settings;

/// <summary>Reads <c>--initial-cluster</c>: <c>name=url,name=url</c>, where a name may stand several times.</summary>
public static class InitialClusterText
{
    /// <summary>Peer URLs by member name.</summary>
    /// <exception cref="SettingsException">The text is not such a list.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string text)
    {
        var members = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = item.IndexOf('=');
            if (equals <= 0 || equals == item.Length - 1)
            {
                throw new SettingsException($"error setting up initial cluster: malformed member \"{item}\" in --initial-cluster");
            }

            string name = item[..equals];
            if (!members.TryGetValue(name, out List<string>? urls))
            {
                members.Add(name, urls = []);
            }

            urls.Add(item[(equals + 1)..].TrimEnd('/'));
        }

        return members.ToDictionary(
            member => member.Key, member => (IReadOnlyList<string>)[.. member.Value.Order(StringComparer.Ordinal)], StringComparer.Ordinal);
    }
}
