using Etcd.V2.Paths;

namespace Etcd.V2.Tree;

/// <summary>Walks and changes along paths of an immutable tree. A change copies the directories on its path and shares all the rest.</summary>
internal static class TreePaths
{
    internal static Lookup Find(V2Node root, ReadOnlySpan<string> segments)
    {
        V2Node current = root;
        foreach (string segment in segments)
        {
            if (current.Children is not { } children)
            {
                return new Lookup(null, V2ErrorCode.NotDirectory, current.Path);
            }

            if (!children.TryGetValue(segment, out V2Node? child))
            {
                return new Lookup(null, V2ErrorCode.KeyNotFound, KeyPath.Child(current.Path, segment));
            }

            current = child;
        }

        return new Lookup(current, default, string.Empty);
    }

    /// <summary>Puts a node at a path, over what is there; directories that are missing on the way are made.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="segments">Where to; not the root.</param>
    /// <param name="node">What.</param>
    /// <param name="index">Index of the change, for the directories made.</param>
    internal static V2Node Put(V2Node root, ReadOnlySpan<string> segments, V2Node node, ulong index)
    {
        V2Node[] directories = new V2Node[segments.Length];
        V2Node current = root;
        for (int depth = 0; depth < segments.Length; depth++)
        {
            directories[depth] = current;
            if (depth < segments.Length - 1)
            {
                current = current.Children!.TryGetValue(segments[depth], out V2Node? child)
                    ? child
                    : V2Node.Directory(KeyPath.Child(current.Path, segments[depth]), index, V2Node.Permanent);
            }
        }

        return CopyUp(directories, segments, node);
    }

    /// <summary>Takes away the node at a path that exists.</summary>
    internal static V2Node Remove(V2Node root, ReadOnlySpan<string> segments)
    {
        V2Node[] directories = new V2Node[segments.Length - 1];
        V2Node current = root;
        for (int depth = 0; depth < directories.Length; depth++)
        {
            directories[depth] = current;
            current = current.Children![segments[depth]];
        }

        return CopyUp(directories, segments, current.WithoutChild(segments[^1]));
    }

    private static V2Node CopyUp(V2Node[] directories, ReadOnlySpan<string> segments, V2Node lowest)
    {
        V2Node below = lowest;
        for (int depth = directories.Length - 1; depth >= 0; depth--)
        {
            below = directories[depth].WithChild(segments[depth], below);
        }

        return below;
    }
}
