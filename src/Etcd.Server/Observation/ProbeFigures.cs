using System.Collections.Concurrent;

namespace Etcd.Server.Observation;

/// <summary>How the checks of the probes <c>/livez</c> and <c>/readyz</c> went. Any thread.</summary>
public sealed class ProbeFigures
{
    private readonly ConcurrentDictionary<(string Probe, string Check), Outcomes> _checks = new();

    /// <summary>Each check that has run: its probe, its name, whether it found nothing wrong the last time, and how often it did and did not.</summary>
    public IEnumerable<(string Probe, string Check, bool IsWell, long Successes, long Failures)> All => _checks
        .OrderBy(check => check.Key.Check, StringComparer.Ordinal).ThenBy(check => check.Key.Probe, StringComparer.Ordinal)
        .Select(check => (check.Key.Probe, check.Key.Check, check.Value.IsWell, check.Value.Successes, check.Value.Failures));

    /// <summary>Counts a check.</summary>
    /// <param name="probe">Name of the probe: <c>livez</c> or <c>readyz</c>.</param>
    /// <param name="check">Name of the check.</param>
    /// <param name="isWell">Whether it found nothing wrong.</param>
    public void Count(string probe, string check, bool isWell) => _checks.GetOrAdd((probe, check), _ => new Outcomes()).Count(isWell);

    private sealed class Outcomes
    {
        private long _successes;
        private long _failures;
        private volatile bool _isWell;

        public bool IsWell => _isWell;

        public long Successes => Interlocked.Read(ref _successes);

        public long Failures => Interlocked.Read(ref _failures);

        public void Count(bool isWell)
        {
            Interlocked.Increment(ref isWell ? ref _successes : ref _failures);
            _isWell = isWell;
        }
    }
}
