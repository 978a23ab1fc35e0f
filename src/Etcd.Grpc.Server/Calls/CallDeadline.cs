namespace Etcd.Grpc.Server.Calls;

/// <summary>The deadline and the cancellation of one call object, reused from call to call: the timer and, when nobody fired it,
/// the token source.</summary>
internal sealed class CallDeadline(RpcExchange call, TimeProvider time) : IDisposable
{
    private static readonly TimerCallback OnTimer = static state => ((CallDeadline)state!).Check();
    private static readonly Action<object?> OnClientGone = static state => ((CancellationTokenSource)state!).Cancel();

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private bool _armed;
    private bool _passed;
    private long _armedAt;
    private TimeSpan _timeout;
    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _clientGone;

    /// <summary>Whether the call has a deadline.</summary>
    public bool IsSet => _armed;

    /// <summary>Whether the deadline passed while the call was going on.</summary>
    public bool HasPassed => Volatile.Read(ref _passed);

    /// <summary>Whether it is over by the clock; the timer may come later.</summary>
    public bool IsOver => _armed && time.GetElapsedTime(_armedAt) >= _timeout;

    /// <summary>When it passes.</summary>
    public DateTimeOffset? Instant => _armed ? time.GetUtcNow() + _timeout - time.GetElapsedTime(_armedAt) : null;

    /// <summary>Starts the clock of a call.</summary>
    public void Arm(TimeSpan timeout)
    {
        lock (_lock)
        {
            _armed = true;
            _passed = false;
            _armedAt = time.GetTimestamp();
            _timeout = timeout;
            _timer ??= time.CreateTimer(OnTimer, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(DueTime(timeout), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A token that the deadline cancels, and <paramref name="clientGone"/> too.</summary>
    public CancellationToken Token(CancellationToken clientGone)
    {
        if (!_armed)
        {
            return clientGone;
        }

        lock (_lock)
        {
            if (_source is null)
            {
                _source = new CancellationTokenSource();
            }

            if (_clientGone == default)
            {
                _clientGone = clientGone.UnsafeRegister(OnClientGone, _source);
            }

            if (_passed)
            {
                _source.Cancel();
            }

            return _source.Token;
        }
    }

    /// <summary>Stops the clock at the end of the call.</summary>
    public void Disarm()
    {
        if (!_armed)
        {
            return;
        }

        _clientGone.Dispose();
        lock (_lock)
        {
            _armed = false;
            _passed = false;
            _clientGone = default;
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_source?.TryReset() == false)
            {
                _source.Dispose();
                _source = null;
            }
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _source?.Dispose();
    }

    // Timers take about 49 days at most; a longer one is checked again on the way.
    private static TimeSpan DueTime(TimeSpan left) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero : left < TimeSpan.FromDays(40) ? left + TimeSpan.FromTicks(1) : TimeSpan.FromDays(40);

    private void Check()
    {
        lock (_lock)
        {
            if (!_armed || _passed)
            {
                return;
            }

            // The timer may have been set for an earlier call, or go off a little early.
            TimeSpan left = _timeout - time.GetElapsedTime(_armedAt);
            if (left > TimeSpan.Zero)
            {
                _timer!.Change(DueTime(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left), Timeout.InfiniteTimeSpan);
                return;
            }

            _passed = true;
            call.InterruptReading();

            // Under the lock, or the call could end meanwhile and the next one, which reuses the source, be cancelled. The callbacks run elsewhere: not
            // on the timer's thread, where one of a handler's that throws would end the process.
            _ = _source?.CancelAsync();
        }
    }
}
