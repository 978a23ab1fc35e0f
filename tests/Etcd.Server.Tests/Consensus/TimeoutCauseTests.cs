using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Testing;

namespace Etcd.Server.Tests.Consensus;

// What etcd tells a caller whose request has timed out.
public sealed class TimeoutCauseTests : IAsyncDisposable
{
    private static readonly TimeSpan ElectionTimeout = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly Reached _peers = new();
    private readonly TimeoutCause _cause;
    private LeadershipView _leadership = new(Term: 2, Leader: 1, IsLeader: true, IsSoleVoter: false);

    public TimeoutCauseTests()
    {
        Member[] members = [.. Enumerable.Range(1, 3).Select(id => new Member((ulong)id, [], IsLearner: false, "name", []))];
        var view = new ClusterView(9, members, [], "3.5.0");
        _cause = new TimeoutCause(1, () => _leadership, () => view, _peers, _time, ElectionTimeout);
        _time.Advance(TimeSpan.FromHours(1));
    }

    public ValueTask DisposeAsync() => _peers.DisposeAsync();

    [Fact]
    public void Of_NothingIsWrong_IsATimeout()
    {
        _peers.Since[2] = 0;

        Assert.Equal(EtcdErrorCode.Timeout, _cause.Of(_time.GetTimestamp()));
    }

    [Fact]
    public void Of_StartedShortlyBeforeThisMemberWasElected_NamesThePreviousLeader()
    {
        _peers.Since[2] = 0;
        long started = _time.GetTimestamp();
        _time.Advance(ElectionTimeout);
        _cause.NoteElected();

        Assert.Equal(EtcdErrorCode.TimeoutDueToLeaderFail, _cause.Of(started));
        Assert.Equal(EtcdErrorCode.Timeout, _cause.Of(started - (2 * ElectionTimeout.Ticks)));
        Assert.Equal(EtcdErrorCode.Timeout, _cause.Of(_time.GetTimestamp() + 1));
    }

    [Fact]
    public void Of_LeaderHasNotReachedAQuorumSinceTheStart_NamesTheConnections()
    {
        long started = _time.GetTimestamp();
        _peers.Since[2] = started + 1;

        Assert.Equal(EtcdErrorCode.TimeoutDueToConnectionLost, _cause.Of(started));
    }

    [Theory]
    [InlineData(true, EtcdErrorCode.Timeout)]
    [InlineData(false, EtcdErrorCode.TimeoutDueToConnectionLost)]
    public void Of_OnAFollower_LooksAtTheConnectionWithTheLeader(bool isReached, EtcdErrorCode expected)
    {
        _leadership = new LeadershipView(2, Leader: 3, IsLeader: false, IsSoleVoter: false);
        _peers.Since[2] = 0;
        if (isReached)
        {
            _peers.Since[3] = 0;
        }

        Assert.Equal(expected, _cause.Of(_time.GetTimestamp()));
    }

    [Fact]
    public void Of_NoLeaderIsKnown_IsATimeout()
    {
        _leadership = LeadershipView.None;

        Assert.Equal(EtcdErrorCode.Timeout, _cause.Of(_time.GetTimestamp()));
    }

    private sealed class Reached : IPeerTransport
    {
        public Dictionary<ulong, long> Since { get; } = [];

        public long? ActiveSince(ulong memberId) => Since.TryGetValue(memberId, out long since) ? since : null;

        public void Send(IReadOnlyList<RaftMessage> messages) => throw Unused();

        public void SendSnapshot(RaftMessage message, IPeerSnapshotContent database) => throw Unused();

        public void AddPeer(ulong memberId, IReadOnlyList<string> urls) => throw Unused();

        public void AddRemote(ulong memberId, IReadOnlyList<string> urls) => throw Unused();

        public void UpdatePeer(ulong memberId, IReadOnlyList<string> urls) => throw Unused();

        public void RemovePeer(ulong memberId) => throw Unused();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static InvalidOperationException Unused() => new("only asked who is reached");
    }
}
