using Etcd.Peer;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Network;

/// <summary>The network as one life of a member sees it.</summary>
internal sealed class MemberNetwork(SimulatedNetwork network, int host, ProcessLife life, IPeerQueries queries, Func<long, long> toMemberClock)
    : IPeerNetwork
{
    public IPeerQueries Queries => queries;

    public IPeerTransport Join(PeerIdentity self, IPeerReceiver receiver)
    {
        var transport = new SimulatedTransport(network, host, life, self, receiver, toMemberClock);
        network.Join(life, transport);
        return transport;
    }
}
