using Etcd.Server.Observation;

namespace Etcd.Server.Consensus;

/// <summary>Notices that the disk of the write-ahead log does not answer. Whoever works on the log says when it begins and ends; a timer looks at
/// it from outside, for the thread that waits for the disk may be any, the consensus loop's own among them.</summary>
/// <param name="patience">How long a piece of work may take.</param>
/// <param name="time">The clock.</param>
/// <param name="instruments">Count what is noticed.</param>
/// <param name="log">Tells of it.</param>
internal sealed class LogStallWatch(TimeSpan patience, TimeProvider time, ServerInstruments instruments, ConsensusLog log)
{
    private int _underWay;
    private long _began;
    private long _stalledSince;
    private volatile bool _isStalled;

    /// <summary>Whether the disk was found not to answer. Any thread; from one <see cref="Look"/> to the next.</summary>
    internal bool IsStalled => _isStalled;

    /// <summary>Whether somebody works on the log: another would wait for it. Any thread.</summary>
    internal bool IsUnderWay => Volatile.Read(ref _underWay) > 0;

    /// <summary>Work on the log begins. The log itself does one piece at a time; a second one waits, and counts from its own beginning.</summary>
    /// <param name="timestamp">The clock's timestamp.</param>
    internal void Begins(long timestamp)
    {
        Volatile.Write(ref _began, timestamp);
        Interlocked.Increment(ref _underWay);
    }

    /// <summary>The work has ended.</summary>
    internal void Ended() => Interlocked.Decrement(ref _underWay);

    /// <summary>Looks at how long the work under way takes already. On the timer, with every tick.</summary>
    internal void Look()
    {
        // In this order: the beginning that is read then belongs to the work found under way, or to a later one.
        bool isUnderWay = IsUnderWay;
        long began = Volatile.Read(ref _began);
        bool isStalled = isUnderWay && time.GetElapsedTime(began) > patience;
        if (isStalled && !_isStalled)
        {
            _stalledSince = began;
            instruments.CountLogStall();
            log.LogStalled(DurationText.Of(time.GetElapsedTime(began)), DurationText.Of(patience));
        }
        else if (!isStalled && _isStalled)
        {
            log.LogAnswersAgain(DurationText.Of(time.GetElapsedTime(_stalledSince)));
        }

        _isStalled = isStalled;
    }
}
