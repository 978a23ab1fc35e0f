namespace Etcd.Server.V2Access;

/// <summary>Which keys of the v2 API a role may read and write: patterns, each a key or, with a star at its end, all keys that begin so.</summary>
/// <param name="Read">Patterns of what may be read; <see langword="null"/> when never given.</param>
/// <param name="Write">Patterns of what may be written; <see langword="null"/> when never given.</param>
public sealed record V2Permissions(IReadOnlyList<string>? Read, IReadOnlyList<string>? Write)
{
    /// <summary>Everything.</summary>
    public static V2Permissions All { get; } = new(["/*"], ["/*"]);

    /// <summary>Nothing.</summary>
    public static V2Permissions None { get; } = new(null, null);

    /// <summary>Whether nothing is named.</summary>
    public bool IsEmpty => Read is null or { Count: 0 } && Write is null or { Count: 0 };

    /// <summary>Whether a key is open.</summary>
    /// <param name="key">The key, with its first slash.</param>
    /// <param name="isWrite">For writing, not reading.</param>
    /// <param name="isRecursive">With all that is below it.</param>
    public bool Allow(string key, bool isWrite, bool isRecursive) =>
        (isWrite ? Write : Read)?.Any(pattern => Matches(pattern, key, isRecursive)) == true;

    /// <summary>These and others.</summary>
    /// <exception cref="V2AccessException">One is there already.</exception>
    public V2Permissions With(V2Permissions granted)
    {
        ArgumentNullException.ThrowIfNull(granted);
        return new V2Permissions(Add(Read, granted.Read, "read"), Add(Write, granted.Write, "write"));
    }

    /// <summary>These without others; what is not there is passed over.</summary>
    public V2Permissions Without(V2Permissions revoked)
    {
        ArgumentNullException.ThrowIfNull(revoked);
        return new V2Permissions(Remove(Read, revoked.Read), Remove(Write, revoked.Write));
    }

    /// <summary>Whether both name the same.</summary>
    public bool Names(V2Permissions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Read ?? []).SequenceEqual(other.Read ?? []) && (Write ?? []).SequenceEqual(other.Write ?? []);
    }

    // With all below it, a key is open only through a pattern that is open at its end.
    private static bool Matches(string pattern, string key, bool isRecursive) =>
        pattern.EndsWith('*') ? key.StartsWith(pattern[..^1], StringComparison.Ordinal) : !isRecursive && key == pattern;

    private static string[] Add(IReadOnlyList<string>? there, IReadOnlyList<string>? added, string kind)
    {
        var all = new SortedSet<string>(there ?? [], StringComparer.Ordinal);
        foreach (string pattern in added ?? [])
        {
            if (!all.Add(pattern))
            {
                throw V2AccessException.Conflict($"Granting duplicate {kind} permission {pattern}");
            }
        }

        return [.. all];
    }

    private static string[] Remove(IReadOnlyList<string>? there, IReadOnlyList<string>? removed) =>
        [.. (there ?? []).Except(removed ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
