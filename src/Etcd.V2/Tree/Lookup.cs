using System.Diagnostics.CodeAnalysis;

namespace Etcd.V2.Tree;

/// <summary>Where a walk along a path ended.</summary>
/// <param name="Node">The node of the whole path, if there is one.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="FailedAt">Path at which the walk ended, for the error's cause.</param>
internal readonly record struct Lookup(V2Node? Node, V2ErrorCode Failure, string FailedAt)
{
    internal bool IsMissing => Node is null && Failure == V2ErrorCode.KeyNotFound;

    internal bool TryGet([NotNullWhen(true)] out V2Node? node)
    {
        node = Node;
        return node is not null;
    }

    internal V2Error ErrorAt(ulong index) => new(Failure, FailedAt, index);
}
