using System.Collections.Concurrent;

using Etcd.Peer;
using Etcd.Protocol.Errors;
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

    /// <summary>What every member is made to answer as the version of its cluster; <see langword="null"/> for the truth.</summary>
    public string? ClusterVersionAnswered { get; set; }

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

    /// <summary>Whether what a member sends arrives. Nothing does of one that has ended, though its threads may still be at work.</summary>
    public bool TryReach(MemoryTransport from, ulong to, out MemoryTransport? transport)
    {
        transport = null;
        return _joined.GetValueOrDefault(from.Self) == from && !_cut.ContainsKey((from.Self, to)) && _joined.TryGetValue(to, out transport);
    }

    public long UpSince(ulong from, ulong to) =>
        Math.Max(_upSince.GetValueOrDefault((from, to)), _upSince.GetValueOrDefault((to, from)));

    public bool IsReached(MemoryTransport from, ulong to) => TryReach(from, to, out _) && !_cut.ContainsKey((to, from.Self));

    public Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken)
    {
        EtcdServer server = Ask(peerUrl);
        return Task.FromResult(MembersAnswered(peerUrl, new PeerClusterAnswer(
            server.Headers.ClusterId,
            [
                .. server.Cluster.View.Members.Select(member =>
                    new PeerMemberRecord(member.Id, member.PeerUrls, member.IsLearner, member.Name, member.ClientUrls)),
            ])));
    }

    /// <summary>Changes what the member at a URL tells about its cluster.</summary>
    public Func<string, PeerClusterAnswer, PeerClusterAnswer> MembersAnswered { get; set; } = static (_, answer) => answer;

    /// <summary>Version of the program that a member claims instead of its own, by URL.</summary>
    public ConcurrentDictionary<string, string> ServerVersions { get; } = new();

    public Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken)
    {
        string version = ClusterVersionAnswered ?? Ask(peerUrl).Cluster.View.ClusterVersion;
        return Task.FromResult(new PeerVersionAnswer(
            ServerVersions.GetValueOrDefault(peerUrl, EtcdVersion.Compatibility), version.Length > 0 ? version : "not_decided"));
    }

    public async Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
        string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken) =>
        await AnswerAsync(() => Ask(peerUrl).Cluster.PromoteAsLeaderAsync(memberId, cancellationToken));

    public async Task<LeaseKeepAliveResponse> RenewLeaseAsync(
        string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken) =>
        await AnswerAsync(() => Ask(peerUrl).Leases.RenewAsLeaderAsync(request.ID, cancellationToken));

    public async Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
        string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken) =>
        await AnswerAsync(() => Ask(peerUrl).Leases.TimeToLiveAsLeaderAsync(request, cancellationToken));

    public Task<PeerHashAnswer> GetHashKvAsync(string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken)
    {
        try
        {
            HashKVResponse hash = Ask(peerUrl).Maintenance.HashByRevision(new HashKVRequest { Revision = revision });
            return Task.FromResult(new PeerHashAnswer(hash.Header.Revision, hash.Hash, hash.CompactRevision));
        }
        catch (EtcdException refusal)
        {
            throw new PeerQueryException(400, refusal.Message);
        }
    }

    public Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken) => Task.FromResult(false);

    // As the peer port tells refusals.
    private static async Task<T> AnswerAsync<T>(Func<ValueTask<T?>> ask)
        where T : class
    {
        try
        {
            return await ask() ?? throw new PeerQueryException(400, "not a primary lessor");
        }
        catch (EtcdException refusal)
        {
            throw refusal.Code switch
            {
                EtcdErrorCode.LeaseNotFound => new PeerQueryException(404, "lease not found"),
                EtcdErrorCode.MemberNotFound => new PeerQueryException(404, "membership: ID not found"),
                EtcdErrorCode.MemberNotLearner => new PeerQueryException(412, "membership: can only promote a learner member"),
                EtcdErrorCode.LearnerNotReady => new PeerQueryException(412, refusal.Message),
                _ => new PeerQueryException(500, """{"message":"Internal Server Error"}"""),
            };
        }
    }

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
