using Etcd.V2.Tree;

namespace Etcd.V2.Events;

/// <summary>A node as an event or a reply shows it.</summary>
/// <param name="Key">Its path.</param>
/// <param name="Value">Value of a file; <see langword="null"/> where it is left out: directories, and the node of a deletion.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="ExpiresAtNanoseconds">When it goes, or <see cref="V2Node.Permanent"/>.</param>
/// <param name="TtlSeconds">Seconds left when the image was made, rounded up; 0 for a node that stays.</param>
/// <param name="ModifiedIndex">Index of the change that gave it its value.</param>
/// <param name="CreatedIndex">Index of the change that made it.</param>
public sealed record NodeImage(
    string Key,
    string? Value,
    bool IsDirectory,
    long ExpiresAtNanoseconds,
    long TtlSeconds,
    ulong ModifiedIndex,
    ulong CreatedIndex)
{
    /// <summary>What a read lists below it; <see langword="null"/> where nothing is listed.</summary>
    public Listing? Listing { get; init; }

    /// <summary>The image of a node without what is below it.</summary>
    internal static NodeImage Of(V2Node node, long nowNanoseconds) => new(
        node.Path,
        node.IsDirectory ? null : node.Value,
        node.IsDirectory,
        node.ExpiresAtNanoseconds,
        TtlOf(node.ExpiresAtNanoseconds, nowNanoseconds),
        node.ModifiedIndex,
        node.CreatedIndex);

    /// <summary>Whole seconds from now until then, rounded up; 0 for a node that stays.</summary>
    internal static long TtlOf(long expiresAtNanoseconds, long nowNanoseconds)
    {
        const long NanosecondsPerSecond = 1_000_000_000;
        if (expiresAtNanoseconds == V2Node.Permanent)
        {
            return 0;
        }

        var left = (Int128)expiresAtNanoseconds - nowNanoseconds;
        return (long)(left / NanosecondsPerSecond) + (left % NanosecondsPerSecond > 0 ? 1 : 0);
    }
}
