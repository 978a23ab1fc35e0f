namespace Etcd.Client.Calls;

/// <summary>Pauses between attempts: none for the first round over the endpoints, then 25 ms, doubled up to a second, each a tenth more or less.</summary>
internal sealed class Backoff(TimeProvider time, int endpoints)
{
    private const int FirstMillis = 25;
    private const int LongestMillis = 1000;

    private int _failures;
    private int _nextMillis = FirstMillis;

    /// <summary>Waits before the next attempt.</summary>
    /// <param name="longest">The longest wait; <see langword="null"/>: no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitAsync(TimeSpan? longest, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        _failures++;
        if (_failures % endpoints != 0)
        {
            return Task.CompletedTask;
        }

        // Members that restart see clients return spread over time, not in step.
        double millis = _nextMillis * (0.9 + (0.2 * Random.Shared.NextDouble()));
        _nextMillis = Math.Min(_nextMillis * 2, LongestMillis);
        TimeSpan pause = TimeSpan.FromMilliseconds(millis);
        return Task.Delay(longest < pause ? longest.Value : pause, time, cancellationToken);
    }

    /// <summary>An attempt succeeded.</summary>
    public void Reset()
    {
        _failures = 0;
        _nextMillis = FirstMillis;
    }
}
