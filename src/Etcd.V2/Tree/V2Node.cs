using System.Collections.Immutable;

using Etcd.V2.Paths;

namespace Etcd.V2.Tree;

/// <summary>A node of the tree: a file with a value, or a directory. Immutable: a change makes new nodes from here up to the root, so that
/// readers and dumps keep the tree they have taken for as long as they like.</summary>
public sealed class V2Node
{
    /// <summary>Stands in <see cref="ExpiresAtNanoseconds"/> for a node that stays.</summary>
    public const long Permanent = long.MinValue;

    internal static readonly ImmutableSortedDictionary<string, V2Node> NoChildren =
        ImmutableSortedDictionary.Create<string, V2Node>(Utf8Order.Instance);

    // What a node costs in memory beside its texts: the object, and its place among its siblings.
    private const long OverheadBytes = 256;

    internal V2Node(
        string path,
        string value,
        ImmutableSortedDictionary<string, V2Node>? children,
        ulong createdIndex,
        ulong modifiedIndex,
        long expiresAtNanoseconds)
        : this(path, value, children, createdIndex, modifiedIndex, expiresAtNanoseconds, OwnBytes(path, value) + BytesOf(children))
    {
    }

    private V2Node(
        string path,
        string value,
        ImmutableSortedDictionary<string, V2Node>? children,
        ulong createdIndex,
        ulong modifiedIndex,
        long expiresAtNanoseconds,
        long bytes)
    {
        Bytes = bytes;
        Path = path;
        Value = value;
        Children = children;
        CreatedIndex = createdIndex;
        ModifiedIndex = modifiedIndex;
        ExpiresAtNanoseconds = expiresAtNanoseconds;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Value of a file; empty for a directory.</summary>
    public string Value { get; }

    /// <summary>Children by name, in the order of their UTF-8 bytes; <see langword="null"/> for a file.</summary>
    public ImmutableSortedDictionary<string, V2Node>? Children { get; }

    /// <summary>Index of the change that made it.</summary>
    public ulong CreatedIndex { get; }

    /// <summary>Index of the change that gave it its value.</summary>
    public ulong ModifiedIndex { get; }

    /// <summary>Unix time in nanoseconds at which it goes, or <see cref="Permanent"/>.</summary>
    public long ExpiresAtNanoseconds { get; }

    /// <summary>About how much memory it takes with all below it, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Children is not null;

    /// <summary>Whether it stays until somebody deletes it.</summary>
    public bool IsPermanent => ExpiresAtNanoseconds == Permanent;

    internal static V2Node File(string path, string value, ulong index, long expiresAt) =>
        new(path, value, null, index, index, expiresAt);

    internal static V2Node Directory(string path, ulong index, long expiresAt) =>
        new(path, string.Empty, NoChildren, index, index, expiresAt);

    internal V2Node WithChild(string name, V2Node child)
    {
        long before = Children!.TryGetValue(name, out V2Node? replaced) ? replaced.Bytes : 0;
        return new V2Node(
            Path, Value, Children.SetItem(name, child), CreatedIndex, ModifiedIndex, ExpiresAtNanoseconds, Bytes - before + child.Bytes);
    }

    internal V2Node WithoutChild(string name) => new(
        Path, Value, Children!.Remove(name), CreatedIndex, ModifiedIndex, ExpiresAtNanoseconds, Bytes - Children[name].Bytes);

    internal V2Node WithValue(string value, ulong modifiedIndex) =>
        new(Path, value, null, CreatedIndex, modifiedIndex, ExpiresAtNanoseconds);

    internal V2Node WithExpiry(long expiresAt) =>
        new(Path, Value, Children, CreatedIndex, ModifiedIndex, expiresAt, Bytes);

    private static long OwnBytes(string path, string value) => OverheadBytes + (sizeof(char) * ((long)path.Length + value.Length));

    private static long BytesOf(ImmutableSortedDictionary<string, V2Node>? children)
    {
        long bytes = 0;
        foreach (KeyValuePair<string, V2Node> child in children ?? NoChildren)
        {
            bytes += child.Value.Bytes;
        }

        return bytes;
    }

    /// <summary>The node and all below it; a directory comes after what it holds. Does not recurse: how deep keys go is up to clients.</summary>
    internal IEnumerable<V2Node> Descendants()
    {
        var open = new Stack<(V2Node Node, ImmutableSortedDictionary<string, V2Node>.Enumerator Children)>();
        if (Children is null)
        {
            yield return this;
            yield break;
        }

        open.Push((this, Children.GetEnumerator()));
        while (open.TryPop(out (V2Node Node, ImmutableSortedDictionary<string, V2Node>.Enumerator Children) top))
        {
            if (!top.Children.MoveNext())
            {
                yield return top.Node;
                continue;
            }

            V2Node child = top.Children.Current.Value;
            open.Push(top);
            if (child.Children is null)
            {
                yield return child;
            }
            else
            {
                open.Push((child, child.Children.GetEnumerator()));
            }
        }
    }
}
