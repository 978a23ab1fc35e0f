namespace Etcdctl.Checks;

/// <summary>What came of the puts of a check. Any thread may add.</summary>
internal sealed class PutFigures
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, int> _errors = new(StringComparer.Ordinal);
    private long _count;
    private double _sum;
    private double _sumOfSquares;

    /// <summary>Errors, and how often each occurred.</summary>
    public IReadOnlyDictionary<string, int> Errors => _errors;

    /// <summary>Puts that were made.</summary>
    public long Count => _count;

    /// <summary>The slowest put in seconds.</summary>
    public double SlowestSeconds { get; private set; }

    /// <summary>Standard deviation of the times in seconds.</summary>
    public double DeviationSeconds
    {
        get
        {
            double average = _count == 0 ? 0 : _sum / _count;
            return _count == 0 ? 0 : Math.Sqrt(Math.Max(0, (_sumOfSquares / _count) - (average * average)));
        }
    }

    /// <summary>How long all took.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Puts made in a second.</summary>
    public double PutsPerSecond => Elapsed > TimeSpan.Zero ? _count / Elapsed.TotalSeconds : 0;

    /// <summary>Adds a put that was made.</summary>
    public void Add(TimeSpan took)
    {
        double seconds = took.TotalSeconds;
        lock (_gate)
        {
            _count++;
            _sum += seconds;
            _sumOfSquares += seconds * seconds;
            SlowestSeconds = Math.Max(SlowestSeconds, seconds);
        }
    }

    /// <summary>Adds a put that failed.</summary>
    public void AddError(string text)
    {
        lock (_gate)
        {
            _errors[text] = _errors.GetValueOrDefault(text) + 1;
        }
    }
}
