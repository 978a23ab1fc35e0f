using System.Collections.Concurrent;

using Etcd.Peer;
using Etcd.Protocol.Rpc;

namespace Etcd.Server.Tests.Clusters;

/// <summary>A network between members of one process. What is sent crosses it as bytes; links can be cut one way or both.</summary>
internal sealed class MemoryNetwork(TimeProvider time) : IPeerQueries
{
    private readonly ConcurrentDictionary<ulong, MemoryTransport> _joined = new();
    private readonly ConcurrentDictionary<string, EtcdServer> _serving = new();
    private readonly ConcurrentDictionary<(ulong From, ulong To), long> _cut = new();
    private readonly ConcurrentDictionary<(ulong From, ulong To), long> _upSince = new();

    /// <summary>Told of every message before it is delivered; what it refuses is lost.</summary>
    public Func<Raft.RaftMessage, bool> Passes { get; set; } = static _ => true;

    public TimeProvider Time => time;

    /// <summary>The network as one member sees it.</summary>
    public IPeerNetwork For() => new View(this);

    /// <summary>Lets others ask a member that has started.</summary>
    public void Serve(EtcdServer server)
    {
        foreach (string url in server.Options.AdvertisePeerUrls)
        {
            _serving[url] = server;
        }
    }

    /// <summary>Takes a member off, as the end of its process does.</summary>
    public void Remove(EtcdServer server)
    {
        foreach (string url in server.Options.AdvertisePeerUrls)
        {
            _serving.TryRemove(url, out _);
        }

        _joined.TryRemove(server.Headers.MemberId, out _);
    }

    public void Cut(ulong from, ulong to) => _cut[(from, to)] = 0;

    public void CutBoth(ulong one, ulong other)
    {
        Cut(one, other);
        Cut(other, one);
    }

    public void Isolate(ulong member, IEnumerable<ulong> others)
    {
        foreach (ulong other in others.Where(other => other != member))
        {
            CutBoth(member, other);
        }
    }

    public void Heal()
    {
        foreach ((ulong From, ulong To) link in _cut.Keys)
        {
            _upSince[link] = time.GetTimestamp();
        }

        _cut.Clear();
    }

    public bool TryReach(ulong from, ulong to, out MemoryTransport? transport)
    {
        transport = null;
        return !_cut.ContainsKey((from, to)) && _joined.TryGetValue(to, out transport);
    }

    public long UpSince(ulong from, ulong to) =>
        Math.Max(_upSince.GetValueOrDefault((from, to)), _upSince.GetValueOrDefault((to, from)));

    public bool IsReached(ulong from, ulong to) => TryReach(from, to, out _) && !_cut.ContainsKey((to, from));

    public Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken)
    {
        EtcdServer server = Ask(peerUrl);
        return Task.FromResult(new PeerClusterAnswer(
            server.Headers.ClusterId,
            [
                .. server.Cluster.View.Members.Select(member =>
                    new PeerMemberRecord(member.Id, member.PeerUrls, member.IsLearner, member.Name, member.ClientUrls)),
            ]));
    }

    public Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken)
    {
        string version = Ask(peerUrl).Cluster.View.ClusterVersion;
        return Task.FromResult(new PeerVersionAnswer(EtcdVersion.Compatibility, version.Length > 0 ? version : "not_decided"));
    }

    public Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
        string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken) => throw Unused();

    public Task<LeaseKeepAliveResponse> RenewLeaseAsync(
        string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken) => throw Unused();

    public Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
        string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken) => throw Unused();

    public Task<PeerHashAnswer> GetHashKvAsync(string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken) =>
        throw Unused();

    public Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken) => Task.FromResult(false);

    private static InvalidOperationException Unused() => new("no test asks this");

    private EtcdServer Ask(string peerUrl) =>
        _serving.TryGetValue(peerUrl, out EtcdServer? server) ? server : throw new PeerQueryException(0, $"nobody listens on {peerUrl}");

    private sealed class View(MemoryNetwork network) : IPeerNetwork
    {
        public IPeerQueries Queries => network;

        public IPeerTransport Join(PeerIdentity self, IPeerReceiver receiver)
        {
            var transport = new MemoryTransport(network, self.MemberId, receiver);
            network._joined[self.MemberId] = transport;
            return transport;
        }
    }
}
