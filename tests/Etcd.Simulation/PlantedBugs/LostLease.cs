using Etcd.Protocol.Rpc;
using Etcd.Server;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>Now and then a lease that lives is not found: its grant was acknowledged and is lost.</summary>
internal sealed class LostLease : PlantedBug
{
    private const int EveryRenewal = 5;

    private int _renewals;

    public override async ValueTask<LeaseKeepAliveResponse> RenewAsync(EtcdServer server, long id)
    {
        LeaseKeepAliveResponse reply = await base.RenewAsync(server, id).ConfigureAwait(false);
        if (++_renewals % EveryRenewal == 0)
        {
            reply.TTL = 0;
        }

        return reply;
    }
}
