namespace Etcd.Server.V2Api;

/// <summary>How sending the log to one follower went. Any thread.</summary>
public sealed class FollowerStatistics
{
    private readonly Lock _gate = new();
    private long _unanswered;
    private bool _hasUnanswered;
    private double _sum;
    private double _sumOfSquares;
    private double _minimum = long.MaxValue;
    private double _maximum;
    private double _current;
    private long _answers;
    private long _failures;

    /// <summary>The figures of one moment.</summary>
    public FollowerFigures Read()
    {
        lock (_gate)
        {
            double average = _answers == 0 ? 0 : _sum / _answers;
            double variance = _answers == 0 ? 0 : Math.Max(0, (_sumOfSquares / _answers) - (average * average));
            return new FollowerFigures(_current, average, Math.Sqrt(variance), _minimum, _maximum, _failures, _answers);
        }
    }

    /// <summary>A message went out. Messages are sent ahead of answers; the first without one is the one that is timed.</summary>
    internal void Sent(long timestamp)
    {
        lock (_gate)
        {
            if (!_hasUnanswered)
            {
                _hasUnanswered = true;
                _unanswered = timestamp;
            }
        }
    }

    internal void Answered(TimeProvider time)
    {
        lock (_gate)
        {
            if (!_hasUnanswered)
            {
                return;
            }

            _hasUnanswered = false;
            _current = time.GetElapsedTime(_unanswered).TotalMilliseconds;
            _answers++;
            _sum += _current;
            _sumOfSquares += _current * _current;
            _minimum = Math.Min(_minimum, _current);
            _maximum = Math.Max(_maximum, _current);
        }
    }

    internal void Failed()
    {
        lock (_gate)
        {
            _hasUnanswered = false;
            _failures++;
        }
    }
}
