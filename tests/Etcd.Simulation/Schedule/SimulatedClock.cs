namespace Etcd.Simulation.Schedule;

/// <summary>The clock of one process: it may run fast or slow, and tells a wall time of its own.</summary>
/// <param name="queue">True time.</param>
/// <param name="life">The process; its timers end with it.</param>
/// <param name="rate">Seconds of this clock in a true second.</param>
/// <param name="wallStart">Wall time at the true start of the simulation.</param>
internal sealed class SimulatedClock(EventQueue queue, ProcessLife life, double rate, DateTimeOffset wallStart) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        queue.CheckThread("clock");
        return TimestampOf(queue.NowTicks);
    }

    /// <summary>What this clock showed at a true time.</summary>
    public long TimestampOf(long trueTicks) => (long)(trueTicks * rate);

    /// <summary>What the wall clock was set forward (or back) by since the start.</summary>
    public TimeSpan WallOffset { get; set; }

    public override DateTimeOffset GetUtcNow() => wallStart + WallOffset + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        queue.Hold(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Post(TimeSpan delay, Action action)
    {
        // A timer never fires early, and a simulated one never twice at the same moment.
        long ticks = Math.Max(1, (long)Math.Ceiling(delay.Ticks / rate));
        queue.Post(TimeSpan.FromTicks(ticks), life, "timer", action);
    }

    private sealed class Timer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private int _version;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
            {
                return false;
            }

            _version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm(dueTime, _version);
            }

            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            _version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan due, int version) => clock.Post(due, () => Fire(version));

        private void Fire(int version)
        {
            if (version != _version)
            {
                return;
            }

            // Armed before the callback, which may change it. After a pause it fires once, not once for each period that was missed.
            if (_period != Timeout.InfiniteTimeSpan && _period != TimeSpan.Zero)
            {
                Arm(_period, version);
            }

            callback(state);
        }
    }
}
