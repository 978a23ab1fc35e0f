using Etcd.Protocol.Rpc;
using Etcd.Raft;

namespace Etcd.Peer;

/// <summary>The network of a member that is alone, and will stay so: nothing arrives, nobody answers, and what is sent is lost.</summary>
public sealed class LonePeerNetwork : IPeerNetwork
{
    private LonePeerNetwork()
    {
    }

    /// <summary>The network.</summary>
    public static LonePeerNetwork Instance { get; } = new();

    /// <inheritdoc />
    public IPeerQueries Queries { get; } = new NoAnswers();

    /// <inheritdoc />
    public IPeerTransport Join(PeerIdentity self, IPeerReceiver receiver) => new Silence();

    private sealed class Silence : IPeerTransport
    {
        public void Send(IReadOnlyList<RaftMessage> messages)
        {
        }

        public void SendSnapshot(RaftMessage message, IPeerSnapshotContent database)
        {
            ArgumentNullException.ThrowIfNull(database);
            database.Dispose();
        }

        public void AddPeer(ulong memberId, IReadOnlyList<string> urls)
        {
        }

        public void AddRemote(ulong memberId, IReadOnlyList<string> urls)
        {
        }

        public void UpdatePeer(ulong memberId, IReadOnlyList<string> urls)
        {
        }

        public void RemovePeer(ulong memberId)
        {
        }

        public long? ActiveSince(ulong memberId) => null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class NoAnswers : IPeerQueries
    {
        private static readonly PeerQueryException Alone = new(0, "this member has no network to others");

        public Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken) =>
            Task.FromException<PeerClusterAnswer>(Alone);

        public Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken) =>
            Task.FromException<PeerVersionAnswer>(Alone);

        public Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
            string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken) =>
            Task.FromException<IReadOnlyList<PeerMemberRecord>>(Alone);

        public Task<LeaseKeepAliveResponse> RenewLeaseAsync(
            string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken) =>
            Task.FromException<LeaseKeepAliveResponse>(Alone);

        public Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
            string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken) =>
            Task.FromException<LeaseTimeToLiveResponse>(Alone);

        public Task<PeerHashAnswer> GetHashKvAsync(
            string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken) =>
            Task.FromException<PeerHashAnswer>(Alone);

        public Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken) =>
            Task.FromException<bool>(Alone);
    }
}
