using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Observation;
using Etcd.Server.Tests.Observation;
using Etcd.Testing;

namespace Etcd.Server.Tests.Consensus;

// etcd: a leader that sends a heartbeat more than two intervals after the one before is said to be overloaded.
public sealed class HeartbeatWatchTests
{
    private static readonly RaftMessage[] Heartbeat = [new() { Type = MessageType.Heartbeat, To = 2 }];

    private readonly ManualTimeProvider _time = new();
    private readonly WarningLines _log = new();
    private readonly ServerInstruments _instruments;
    private readonly HeartbeatWatch _watch;

    public HeartbeatWatchTests()
    {
        _instruments = new ServerInstruments(_time);
        _watch = new HeartbeatWatch(TimeSpan.FromMilliseconds(100), _time, _instruments, new ConsensusLog(_log));
        _watch.Sending(Heartbeat);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(201, 1)]
    public void Sending_HeartbeatAfterSoLong_CountsWhatIsLate(int milliseconds, long late)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        _watch.Sending(Heartbeat);

        Assert.Equal(late, _instruments.LateHeartbeats);
    }

    // Operators look for these words in the logs of etcd.
    [Fact]
    public void Sending_LateHeartbeat_IsLoggedInEtcdsWords()
    {
        _time.Advance(TimeSpan.FromMilliseconds(250));

        _watch.Sending(Heartbeat);

        Assert.Equal(
            ["leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk"
                + " to=2 heartbeatInterval=100ms expectedDuration=200ms exceededDuration=50ms"],
            _log.Lines);
    }

    [Fact]
    public void Sending_FirstHeartbeatOfANewLeader_IsNotLate()
    {
        _time.Advance(TimeSpan.FromSeconds(10));
        _watch.Reset();

        _watch.Sending(Heartbeat);

        Assert.Equal(0, _instruments.LateHeartbeats);
    }
}
