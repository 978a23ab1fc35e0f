using Etcd.Protocol.Rpc;
using Etcd.Server;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A keep-alive of a lease that has ended is acknowledged like the one before (etcd 3.5.23).</summary>
internal sealed class RenewalOfEndedLease : PlantedBug
{
    private readonly Dictionary<long, long> _promisedSeconds = [];

    public override async ValueTask<LeaseKeepAliveResponse> RenewAsync(EtcdServer server, long id)
    {
        LeaseKeepAliveResponse reply = await base.RenewAsync(server, id).ConfigureAwait(false);
        if (reply.TTL > 0)
        {
            _promisedSeconds[id] = reply.TTL;
        }

        reply.TTL = _promisedSeconds.GetValueOrDefault(id);
        return reply;
    }
}
