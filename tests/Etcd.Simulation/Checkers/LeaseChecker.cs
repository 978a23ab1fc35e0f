using Etcd.Simulation.Scenarios;

namespace Etcd.Simulation.Checkers;

/// <summary>Unless its client asks for it, no lease ends before its time to live has passed since the grant and the last acknowledged keep-alive; and no
/// keep-alive is acknowledged after its end, whatever it ended by.</summary>
/// <remarks>An end is known from the key that is seen deleted, from a client that is told that there is no such lease, and from an
/// acknowledged revocation. A grant that was acknowledged and lost shows as such an end, too.</remarks>
internal sealed class LeaseChecker(StoreHistory history, Scenario scenario)
{
    public string? FindViolation(LeaseRecord lease) =>
        EndsOf(lease).Select(end => FindViolation(lease, end.Ticks, end.What)).FirstOrDefault(static violation => violation is not null);

    /// <summary>Whether the key of an abandoned lease is still there.</summary>
    public bool IsOverdue(LeaseRecord lease) => lease.KeyRevision > 0 && FindDeletion(lease) is null;

    private string? FindViolation(LeaseRecord lease, long endTicks, string what)
    {
        // A clock that runs fast has its seconds over sooner.
        double rateMax = 1 + (scenario.Faults.ClockRatePercentMax / 100);
        bool mayBeRevoked = lease.RevokeSentTicks <= endTicks;
        foreach (long renewed in lease.RenewedTicks)
        {
            if (renewed > endTicks)
            {
                return $"{lease}: {what} at {Seconds(endTicks)}, but a keep-alive sent at {Seconds(renewed)} was acknowledged";
            }

            if (!mayBeRevoked && endTicks < renewed + (long)(lease.Ttl.Ticks / rateMax))
            {
                return $"{lease}: {what} at {Seconds(endTicks)}, although the grant or a keep-alive sent at {Seconds(renewed)} was acknowledged";
            }
        }

        return null;
    }

    private IEnumerable<(long Ticks, string What)> EndsOf(LeaseRecord lease)
    {
        if (FindDeletion(lease) is { } deleted)
        {
            yield return (deleted, "its key was seen deleted");
        }

        if (lease.RevokedTicks is { } revoked)
        {
            yield return (revoked, "its revocation was acknowledged");
        }

        foreach (long gone in lease.GoneTicks)
        {
            yield return (gone, "its client was told that it is gone");
        }
    }

    private static string Seconds(long ticks) => $"{TimeSpan.FromTicks(ticks).TotalSeconds:0.000} s";

    /// <summary>True time at which the lease's key was first seen deleted.</summary>
    private long? FindDeletion(LeaseRecord lease)
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
