namespace Etcd.Auth;

/// <summary>Limits guessing: who fails too often from one place must wait, with the right password too.</summary>
/// <remarks>
/// Each source has a budget of failures that refills with time. Any thread. The table is bounded: sources whose budget is full
/// again are forgotten first, then the one that failed longest ago.
/// </remarks>
public sealed class LoginThrottle
{
    /// <summary>Sources kept.</summary>
    public const int SourcesMax = 4096;

    private readonly Dictionary<string, Budget> _budgets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly int _failuresMax;
    private readonly TimeSpan _refill;

    /// <summary>Creates the throttle.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="failuresMax">Failures in a row that a source has free.</param>
    /// <param name="refill">Time that gives one failure back.</param>
    public LoginThrottle(TimeProvider time, int failuresMax, TimeSpan refill)
    {
        _time = time ?? throw new ArgumentNullException(nameof(time));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(failuresMax);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(refill, TimeSpan.Zero);
        _failuresMax = failuresMax;
        _refill = refill;
    }

    /// <summary>Whether a source may try.</summary>
    /// <param name="source">Where the request comes from, such as an address.</param>
    public bool MayTry(string source)
    {
        lock (_gate)
        {
            return !_budgets.TryGetValue(source, out Budget budget) || FailuresNow(budget) + 1 <= _failuresMax;
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <param name="source">Where it came from.</param>
    public void CountFailure(string source)
    {
        lock (_gate)
        {
            double failures = _budgets.TryGetValue(source, out Budget budget) ? FailuresNow(budget) : 0;
            if (failures == 0 && _budgets.Count >= SourcesMax)
            {
                MakeRoom();
            }

            _budgets[source] = new Budget(Math.Min(failures + 1, _failuresMax), _time.GetTimestamp());
        }
    }

    private double FailuresNow(Budget budget) =>
        Math.Max(0, budget.Failures - (_time.GetElapsedTime(budget.At) / _refill));

    private void MakeRoom()
    {
        string? oldest = null;
        long oldestAt = long.MaxValue;
        foreach ((string source, Budget budget) in _budgets)
        {
            if (FailuresNow(budget) == 0)
            {
                _budgets.Remove(source);
            }
            else if (budget.At < oldestAt)
            {
                oldest = source;
                oldestAt = budget.At;
            }
        }

        if (_budgets.Count >= SourcesMax && oldest is not null)
        {
            _budgets.Remove(oldest);
        }
    }

    private readonly record struct Budget(double Failures, long At);
}
