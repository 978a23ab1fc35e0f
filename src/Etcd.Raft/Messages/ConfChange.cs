namespace Etcd.Raft;

/// <summary>A change of one member, as etcd proposes them (raftpb.ConfChange).</summary>
/// <param name="Type">What happens to the member.</param>
/// <param name="NodeId">The member; 0 makes the change one of nothing, as etcd applies a change it has found invalid.</param>
/// <param name="Context">The application's own bytes.</param>
/// <param name="Id">The application's own number for the change.</param>
public sealed record ConfChange(ConfChangeType Type, ulong NodeId, ReadOnlyMemory<byte> Context = default, ulong Id = 0)
{
    /// <summary>The same change in the newer form. Its <see cref="Id"/> has no place there.</summary>
    public ConfChangeV2 ToV2() => new() { Changes = [new ConfChangeSingle(Type, NodeId)], Context = Context };
}
