using Etcd.Peer;
using Etcd.Raft;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Network;

/// <summary>One member's end of the simulated network.</summary>
internal sealed class SimulatedTransport(
    SimulatedNetwork network, int host, ProcessLife life, PeerIdentity self, IPeerReceiver receiver, Func<long, long> toMemberClock)
    : IPeerTransport
{
    private readonly SortedDictionary<ulong, string> _peers = [];

    public int Host => host;

    public ProcessLife Life => life;

    public PeerIdentity Self => self;

    public IPeerReceiver Receiver => receiver;

    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            if (!life.IsOver && _peers.TryGetValue(message.To, out string? url))
            {
                network.Send(this, message, url);
            }
        }
    }

    public void SendSnapshot(RaftMessage message, IPeerSnapshotContent database)
    {
        var content = new MemoryStream();
        using (database)
        {
            Task copied = database.CopyToAsync(content, CancellationToken.None);
            if (!copied.IsCompleted)
            {
                throw new SimulationFailedException("a copy of the database to memory did not end at once");
            }

            if (!copied.IsCompletedSuccessfully || content.Length != database.SizeBytes)
            {
                throw new SimulationFailedException($"copy of the database: {copied.Exception?.Message ?? "not the size it said"}");
            }
        }

        if (!life.IsOver && _peers.TryGetValue(message.To, out string? url))
        {
            network.SendSnapshot(this, message, content.ToArray(), url);
        }
    }

    public void AddPeer(ulong memberId, IReadOnlyList<string> urls) => _peers.TryAdd(memberId, urls[0]);

    public void AddRemote(ulong memberId, IReadOnlyList<string> urls) => _peers.TryAdd(memberId, urls[0]);

    public void UpdatePeer(ulong memberId, IReadOnlyList<string> urls) => _peers[memberId] = urls[0];

    public void RemovePeer(ulong memberId) => _peers.Remove(memberId);

    public long? ActiveSince(ulong memberId)
    {
        if (!_peers.TryGetValue(memberId, out string? url)
            || network.HostAt(url) is not { IsUp: true } target
            || !network.Links.IsOpen(host, target.Host)
            || !network.Links.IsOpen(target.Host, host))
        {
            return null;
        }

        return toMemberClock(network.Links.OpenSince(host, target.Host));
    }

    public ValueTask DisposeAsync()
    {
        _peers.Clear();
        return ValueTask.CompletedTask;
    }
}
