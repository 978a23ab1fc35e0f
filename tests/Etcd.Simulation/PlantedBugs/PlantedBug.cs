using Etcd.Disk;
using Etcd.Mvcc.Watch;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A deliberate mistake, wrapped around the members by the simulation, to prove that the net catches such a thing. None of it is in
/// the product.</summary>
internal abstract class PlantedBug
{
    /// <summary>The disk as the member is to see it.</summary>
    public virtual IFileSystem Wrap(IFileSystem disk) => disk;

    /// <summary>The consensus node as it is to be made.</summary>
    public virtual RaftOptions Tamper(RaftOptions options) => options;

    /// <summary>Touches what a life has left on the disk, before the next one begins.</summary>
    public virtual void Tamper(SimulatedFileSystem disk)
    {
    }

    /// <summary>The messages that really leave in place of one that a member sends.</summary>
    public virtual IEnumerable<RaftMessage> Tamper(RaftMessage message) => [message];

    /// <summary>Sees a message that reaches a member.</summary>
    public virtual void Note(RaftMessage message)
    {
    }

    /// <summary>What a client of a watch gets in place of a notice; <see langword="null"/> for nothing.</summary>
    public virtual WatchNotice? Tamper(in WatchNotice notice) => notice;

    /// <summary>Keeps a lease alive, as a member does for its client.</summary>
    public virtual ValueTask<LeaseKeepAliveResponse> RenewAsync(EtcdServer server, long id) =>
        server.Leases.RenewAsync(id, CancellationToken.None);

    /// <summary>Touches a linearizable read before a member answers it.</summary>
    public virtual void Tamper(EtcdServer server, RangeRequest request)
    {
    }
}
