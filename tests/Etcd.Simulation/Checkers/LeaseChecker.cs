using Etcd.Simulation.Scenarios;

namespace Etcd.Simulation.Checkers;

/// <summary>No lease ends before its time to live has passed since the last acknowledged keep-alive, and no keep-alive is acknowledged after its end.</summary>
internal sealed class LeaseChecker(StoreHistory history, Scenario scenario)
{
    public string? FindViolation(LeaseRecord lease)
    {
        if (lease.IsRevokeAsked || FindEnd(lease) is not { } endTicks)
        {
            return null;
        }

        // A clock that runs fast has its seconds over sooner.
        double rateMax = 1 + (scenario.Faults.ClockRatePercentMax / 100);
        foreach (long renewed in lease.RenewedTicks)
        {
            if (renewed > endTicks)
            {
                return $"{lease}: ended at {Seconds(endTicks)}, but a keep-alive sent at {Seconds(renewed)} was acknowledged";
            }

            if (endTicks < renewed + (long)(lease.Ttl.Ticks / rateMax))
            {
                return $"{lease}: ended at {Seconds(endTicks)}, although a keep-alive sent at {Seconds(renewed)} was acknowledged";
            }
        }

        return null;
    }

    /// <summary>Whether the key of an abandoned lease is still there.</summary>
    public bool IsOverdue(LeaseRecord lease) => lease.KeyRevision > 0 && FindEnd(lease) is null;

    private static string Seconds(long ticks) => $"{TimeSpan.FromTicks(ticks).TotalSeconds:0.000} s";

    /// <summary>True time at which the lease's key was first seen deleted.</summary>
    private long? FindEnd(LeaseRecord lease)
    {
        foreach ((long revision, IReadOnlyList<Change> changes) in history.Revisions)
        {
            if (changes.Any(change => change.IsDelete && change.Key == lease.Key))
            {
                return history.SeenAt(revision);
            }
        }

        return null;
    }
}
