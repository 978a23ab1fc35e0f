using Etcd.Simulation.Checkers;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Tests;

/// <summary>The checker itself: it must let right lives of a lease pass and no wrong one.</summary>
public sealed class LeaseCheckerTests
{
    private const string Key = "lease/l0/1";

    private readonly EventQueue _queue = new(new RunTrace());
    private readonly LeaseRecord _lease = new() { Id = 1, Ttl = TimeSpan.FromSeconds(2), Key = Key };
    private readonly StoreHistory _history;

    public LeaseCheckerTests() => _history = new StoreHistory(_queue);

    [Fact]
    public void Lease_ExpiredAfterItsTime_IsRight()
    {
        Renewed(1.0, 2.5);
        KeyDeleted(4.6);

        Assert.Null(Violation());
    }

    [Fact]
    public void Lease_ExpiredBeforeItsTime_IsWrong()
    {
        Renewed(1.0, 2.5);
        KeyDeleted(4.4);

        Assert.Contains("its key was seen deleted at 4.400 s, although", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_ExpiredBeforeItsTimeOnAFastClock_IsRight()
    {
        Renewed(1.0);
        KeyDeleted(2.9);

        Assert.Null(Violation(clockRatePercentMax: 10));
    }

    [Fact]
    public void Lease_EndedAfterARevokeWasSent_IsRight()
    {
        Renewed(1.0);
        _lease.RevokeSentTicks = At(1.2);
        KeyDeleted(1.3);

        Assert.Null(Violation());
    }

    // What a client does later does not excuse an end before.
    [Fact]
    public void Lease_EndedBeforeTheRevokeWasSent_IsWrong()
    {
        Renewed(1.0);
        KeyDeleted(1.2);
        _lease.RevokeSentTicks = At(1.3);
        _lease.RevokedTicks = At(1.4);

        Assert.Contains("its key was seen deleted at 1.200 s, although", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_NotFoundBeforeItsTime_IsWrong()
    {
        Renewed(1.0);
        _lease.GoneTicks.Add(At(2.9));

        Assert.Contains("told that it is gone at 2.900 s, although", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_NotFoundAfterItsTime_IsRight()
    {
        Renewed(1.0);
        _lease.GoneTicks.Add(At(3.1));

        Assert.Null(Violation());
    }

    [Fact]
    public void Lease_RenewedBesideAnUnknownRevoke_IsRight()
    {
        Renewed(1.0);
        _lease.RevokeSentTicks = At(1.2);
        Renewed(1.3);

        Assert.Null(Violation());
    }

    [Fact]
    public void Lease_RenewedAfterItsRevokeWasAcknowledged_IsWrong()
    {
        Renewed(1.0);
        _lease.RevokeSentTicks = At(1.2);
        _lease.RevokedTicks = At(1.3);
        Renewed(1.4);

        Assert.Contains("its revocation was acknowledged at 1.300 s, but", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_RenewedAfterItWasNotFound_IsWrong()
    {
        Renewed(1.0);
        _lease.GoneTicks.Add(At(3.1));
        Renewed(3.2);

        Assert.Contains("told that it is gone at 3.100 s, but", Violation(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_RenewedAfterItsKeyWasDeleted_IsWrong()
    {
        Renewed(1.0);
        KeyDeleted(3.1);
        Renewed(3.2);

        Assert.Contains("its key was seen deleted at 3.100 s, but", Violation(), StringComparison.Ordinal);
    }

    private static long At(double seconds) => TimeSpan.FromSeconds(seconds).Ticks;

    private void Renewed(params double[] seconds) => _lease.RenewedTicks.AddRange(seconds.Select(At));

    private void KeyDeleted(double seconds)
    {
        _queue.RunNext(At(seconds));
        _history.Add("m0", 2, [new Change(Key, IsDelete: true, string.Empty, 0, 0, 0)]);
    }

    private string? Violation(double clockRatePercentMax = 0)
    {
        var scenario = new Scenario { Seed = 1, Faults = new FaultRates { ClockRatePercentMax = clockRatePercentMax } };
        return new LeaseChecker(_history, scenario).FindViolation(_lease);
    }
}
