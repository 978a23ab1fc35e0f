namespace Etcd.Hosting.Discovery;

/// <summary>Where the v3 discovery of etcd 3.6 keeps what it knows of a token.</summary>
internal sealed class V3DiscoveryKeys(string token)
{
    private const string Registry = "/_etcd/registry";

    private readonly string _root = Cleaned($"{Registry}/{token}");

    /// <summary>Number of members the cluster will have; whoever makes the token writes it.</summary>
    internal string Size => $"{_root}/_config/size";

    /// <summary>What the keys of all members begin with.</summary>
    internal string Members => $"{_root}/members/";

    /// <summary>Key of one member.</summary>
    internal string Member(string id) => Members + id;

    // Etcd cleans the key as a path. A token such as a//b or ./a must lead to the same key here, or members of both kinds would never meet.
    private static string Cleaned(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return parts.Count == 0 ? string.Empty : $"/{string.Join('/', parts)}";
    }
}
