using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;

namespace Etcd.Server.Apply;

/// <summary>What the rest of the server wants to know from apply; called on the apply thread.</summary>
internal sealed record ApplyHooks
{
    /// <summary>A pass begins.</summary>
    internal required Action PassBegan { get; init; }

    /// <summary>The first entry of a new leader's term was applied: all of earlier terms has been, too.</summary>
    internal required Action<ulong> TermBegan { get; init; }

    /// <summary>A change of the members is in force; of member 0 if the members refused it.</summary>
    internal required Action<ConfChange> ConfigurationChanged { get; init; }

    /// <summary>A durable snapshot is to take the place of all state; told the applied index before it.</summary>
    internal required Action<Snapshot, ulong> Install { get; init; }

    /// <summary>The snapshot of that message is installed, and apply goes on behind it.</summary>
    internal required Action<RaftMessage> Installed { get; init; }

    /// <summary>State, backend and configuration all stand at that place now, and stay there during the call: snapshots for other members may be
    /// taken. Called on the apply thread alone, as it waits for the disk.</summary>
    internal required Action<SnapshotMetadata> SendSnapshots { get; init; }

    /// <summary>A pass ended; told the last applied index, its term and the configuration after it.</summary>
    internal required Action<ulong, ulong, ConfState> PassEnded { get; init; }

    /// <summary>A write went over the space quota, and is refused with that exception. Returns whether the hook answers whoever waits for it, if anybody does.</summary>
    internal required Func<InternalRaftRequest, PendingRequest?, EtcdException, bool> SpaceExceeded { get; init; }
}
