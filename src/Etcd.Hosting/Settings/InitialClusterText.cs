namespace Etcd.Hosting.Settings;

/// <summary>Reads <c>--initial-cluster</c>: <c>name=url,name=url</c>, where a name may stand several times.</summary>
public static class InitialClusterText
{
    /// <summary>Peer URLs by member name.</summary>
    /// <exception cref="SettingsException">A URL is none that a member can have; in etcd's words.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string text)
    {
        var members = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = item.IndexOf('=');
            string name = equals < 0 ? item : item[..equals];
            string url = equals < 0 ? string.Empty : item[(equals + 1)..].Trim();
            if (name.Length == 0)
            {
                // As in etcd: what has no name is no member.
                continue;
            }

            try
            {
                ValueParsers.Url(url);
            }
            catch (FormatException failure)
            {
                throw new SettingsException($"error setting up initial cluster: {failure.Message}");
            }

            if (!members.TryGetValue(name, out List<string>? urls))
            {
                members.Add(name, urls = []);
            }

            urls.Add(url.TrimEnd('/'));
        }

        return members.ToDictionary(
            member => member.Key, member => (IReadOnlyList<string>)[.. member.Value.Order(StringComparer.Ordinal)], StringComparer.Ordinal);
    }
}
