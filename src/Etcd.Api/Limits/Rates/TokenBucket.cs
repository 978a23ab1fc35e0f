namespace Etcd.Api.Limits.Rates;

/// <summary>A bucket of tokens that fills at a rate, up to a burst. Any thread; no lock, no allocation.</summary>
/// <remarks>It is kept as the one moment at which it will be full again. Taking moves that moment on; a bucket whose moment lies further ahead than a whole
/// burst takes to fill is in debt.</remarks>
internal sealed class TokenBucket
{
    // Debt beyond it would keep somebody out for no use.
    private const int DebtSecondsMax = 60;

    private readonly TimeProvider _time;
    private readonly double _timestampsPerToken;
    private readonly long _burstTimestamps;
    private readonly long _aheadMax;
    private long _fullAt;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="perSecond">Tokens it gains a second; above 0.</param>
    /// <param name="burst">Tokens it holds; at least 1.</param>
    /// <param name="time">The clock.</param>
    internal TokenBucket(double perSecond, double burst, TimeProvider time)
    {
        _time = time;
        _timestampsPerToken = time.TimestampFrequency / perSecond;
        _burstTimestamps = (long)(burst * _timestampsPerToken);
        _aheadMax = _burstTimestamps + (time.TimestampFrequency * DebtSecondsMax);
        _fullAt = time.GetTimestamp();
    }

    /// <summary>Whether nothing has been taken that has not come back.</summary>
    internal bool IsFull => Volatile.Read(ref _fullAt) <= _time.GetTimestamp();

    /// <summary>Takes a token if there is a whole one.</summary>
    /// <param name="wait">Time until there is one; zero when it was taken.</param>
    internal bool TryTakeOne(out TimeSpan wait)
    {
        long now = _time.GetTimestamp();
        while (true)
        {
            long fullAt = Volatile.Read(ref _fullAt);
            long next = Math.Max(fullAt, now) + (long)_timestampsPerToken;
            if (next - now > _burstTimestamps)
            {
                wait = ToTime(next - now - _burstTimestamps);
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
            {
                wait = TimeSpan.Zero;
                return true;
            }
        }
    }

    /// <summary>Whether there is no debt: then the next message may have any size, and leave one.</summary>
    /// <param name="wait">Time until there is none.</param>
    internal bool IsSolvent(out TimeSpan wait)
    {
        long debt = Volatile.Read(ref _fullAt) - _time.GetTimestamp() - _burstTimestamps;
        wait = debt > 0 ? ToTime(debt) : TimeSpan.Zero;
        return debt <= 0;
    }

    /// <summary>Takes tokens whether they are there or not.</summary>
    internal void Charge(double tokens)
    {
        long now = _time.GetTimestamp();
        while (true)
        {
            long fullAt = Volatile.Read(ref _fullAt);
            long next = Math.Min(Math.Max(fullAt, now) + (long)Math.Min(tokens * _timestampsPerToken, _aheadMax), now + _aheadMax);
            if (Interlocked.CompareExchange(ref _fullAt, Math.Max(next, fullAt), fullAt) == fullAt)
            {
                return;
            }
        }
    }

    private TimeSpan ToTime(long timestamps) => TimeSpan.FromSeconds((double)timestamps / _time.TimestampFrequency);
}
