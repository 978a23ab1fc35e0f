using Etcd.Protocol.Rpc;
using Etcd.Server;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>Now and then a lease that was just kept alive is revoked as if it had expired (incident #15247).</summary>
internal sealed class EarlyRevoke : PlantedBug
{
    private const int EveryRenewal = 5;

    private int _renewals;

    public override async ValueTask<LeaseKeepAliveResponse> RenewAsync(EtcdServer server, long id)
    {
        LeaseKeepAliveResponse reply = await base.RenewAsync(server, id).ConfigureAwait(false);
        if (reply.TTL > 0 && ++_renewals % EveryRenewal == 0)
        {
            _ = server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = id }).AsTask();
        }

        return reply;
    }
}
