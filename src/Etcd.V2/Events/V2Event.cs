namespace Etcd.V2.Events;

/// <summary>One change of the tree, or the outcome of one read. Immutable.</summary>
/// <param name="Action">One of <see cref="V2Action"/>.</param>
/// <param name="Node">The node after it.</param>
/// <param name="PrevNode">The node before it, where there was one.</param>
/// <param name="TreeIndex">Index of the tree after it.</param>
public sealed record V2Event(string Action, NodeImage Node, NodeImage? PrevNode, ulong TreeIndex)
{
    /// <summary>Whether only the life of the node changed, of which watchers are not told.</summary>
    public bool IsRefresh { get; init; }

    /// <summary>Index of the change.</summary>
    public ulong Index => Node.ModifiedIndex;

    /// <summary>Whether there is a node now where there was none: the reply says <c>201 Created</c>.</summary>
    public bool IsCreated => Action == V2Action.Create || (Action == V2Action.Set && PrevNode is null);
}
