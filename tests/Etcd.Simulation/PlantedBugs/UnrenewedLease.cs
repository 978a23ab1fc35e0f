using Etcd.Protocol.Rpc;
using Etcd.Server;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A member acknowledges a keep-alive of a lease it knows, without the leader's word for it: the lease ends when it would have ended without, or has
/// ended already.</summary>
internal sealed class UnrenewedLease : PlantedBug
{
    public override ValueTask<LeaseKeepAliveResponse> RenewAsync(EtcdServer server, long id) =>
        server.Lessor.TimeToLive(id, withKeys: false) is { } known
            ? ValueTask.FromResult(new LeaseKeepAliveResponse { ID = id, TTL = known.GrantedTtlSeconds })
            : base.RenewAsync(server, id);
}
