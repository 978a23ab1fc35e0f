namespace Etcd.Lease.Tests;

public class CheckpointTests
{
    private static readonly LessorOptions FiveMinutes = new() { CheckpointInterval = TimeSpan.FromMinutes(5) };

    [Fact]
    public void TakeCheckpoints_TurnedOff_IsEmpty()
    {
        LeaseFixture leases = LeaseFixture.Primary();
        leases.Grant(7, 3600);
        leases.Advance(1000);

        Assert.Empty(leases.Lessor.TakeCheckpoints(1000));
    }

    [Fact]
    public void TakeCheckpoints_LongLease_ComesEveryIntervalWithTheTimeLeft()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes);
        leases.Grant(7, 3600);

        leases.Advance(299);
        Assert.Empty(leases.Lessor.TakeCheckpoints(1000));
        leases.Advance(1.5);
        Assert.Equal([new LeaseCheckpoint(7, 3300)], leases.Lessor.TakeCheckpoints(1000));
        Assert.Empty(leases.Lessor.TakeCheckpoints(1000));
        leases.Advance(300);
        Assert.Equal([new LeaseCheckpoint(7, 3000)], leases.Lessor.TakeCheckpoints(1000));
    }

    [Fact]
    public void TakeCheckpoints_LeaseShorterThanTheInterval_NeverComes()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes);
        leases.Grant(7, 300);
        leases.Advance(10_000);

        Assert.Empty(leases.Lessor.TakeCheckpoints(1000));
    }

    [Fact]
    public void Promote_CheckpointedLease_CountsFromTheCheckpoint()
    {
        var leases = new LeaseFixture(FiveMinutes);
        leases.Grant(7, 3600);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 600));

        leases.Lessor.Promote(TimeSpan.Zero);

        Assert.Equal(600, leases.Lessor.TimeToLive(7, withKeys: false)!.RemainingTtlSeconds);
    }

    // Without this a new leader would expire the lease before the time its last keep-alive promised.
    [Fact]
    public void Renew_CheckpointedLease_WaitsForTheCheckpointToBeCleared()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes);
        leases.Grant(7, 3600);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 600));

        Assert.Equal(LeaseRenewalOutcome.CheckpointMustBeCleared, leases.Lessor.Renew(7).Outcome);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 0));

        Assert.Equal(new LeaseRenewal(LeaseRenewalOutcome.Renewed, 3600), leases.Lessor.Renew(7));
    }

    // Applied after the keep-alive, it would have the next leader count from less than what was promised.
    [Fact]
    public void Renew_CheckpointUnderWay_WaitsForItsEndAndForItToBeCleared()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes);
        leases.Grant(7, 3600);
        leases.Advance(301);
        IReadOnlyList<LeaseCheckpoint> due = leases.Lessor.TakeCheckpoints(1000);

        Assert.Equal(LeaseRenewalOutcome.CheckpointMustBeCleared, leases.Lessor.Renew(7).Outcome);
        leases.Lessor.Checkpoint(due[0]);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 0));
        Assert.Equal(LeaseRenewalOutcome.CheckpointMustBeCleared, leases.Lessor.Renew(7).Outcome);
        leases.Lessor.CheckpointsEnded(due, isInForce: true);

        Assert.Equal(new LeaseRenewal(LeaseRenewalOutcome.Renewed, 3600), leases.Lessor.Renew(7));
    }

    [Fact]
    public void Renew_CheckpointWhoseProposalIsLost_IsClearedAllTheSame()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes);
        leases.Grant(7, 3600);
        leases.Advance(301);
        leases.Lessor.CheckpointsEnded(leases.Lessor.TakeCheckpoints(1000), isInForce: false);

        Assert.Equal(LeaseRenewalOutcome.CheckpointMustBeCleared, leases.Lessor.Renew(7).Outcome);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 0));

        Assert.Equal(LeaseRenewalOutcome.Renewed, leases.Lessor.Renew(7).Outcome);
    }

    // A leader that was restarted has forgotten the checkpoints that the others still have.
    [Theory]
    [InlineData(false, LeaseRenewalOutcome.CheckpointMustBeCleared)]
    [InlineData(true, LeaseRenewalOutcome.Renewed)]
    public void Renew_FirstAfterAPromotion_ClearsWhatOthersMayHaveUnlessItWouldBeStored(bool persist, LeaseRenewalOutcome expected)
    {
        var leases = new LeaseFixture(FiveMinutes with { PersistCheckpoints = persist });
        leases.Grant(7, 3600);
        leases.Lessor.Promote(TimeSpan.Zero);

        Assert.Equal(expected, leases.Lessor.Renew(7).Outcome);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 0));

        Assert.Equal(LeaseRenewalOutcome.Renewed, leases.Lessor.Renew(7).Outcome);
    }

    [Theory]
    [InlineData(true, 600)]
    [InlineData(false, 0)]
    public void Checkpoint_PersistOption_DecidesWhetherItIsStored(bool persist, long stored)
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes with { PersistCheckpoints = persist });
        leases.Grant(7, 3600);

        Assert.True(leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 600)));

        Assert.Equal(stored, leases.Records.Records[7].RemainingTtlSeconds);
    }

    [Fact]
    public void Restart_StoredCheckpoint_CountsFromIt()
    {
        LeaseFixture leases = LeaseFixture.Primary(FiveMinutes with { PersistCheckpoints = true });
        leases.Grant(7, 3600);
        leases.Lessor.Checkpoint(new LeaseCheckpoint(7, 600));

        leases.Restart();
        leases.Lessor.Promote(TimeSpan.Zero);

        Assert.Equal(600, leases.Lessor.TimeToLive(7, withKeys: false)!.RemainingTtlSeconds);
    }

    [Fact]
    public void Checkpoint_UnknownLease_IsRefused() =>
        Assert.False(new LeaseFixture().Lessor.Checkpoint(new LeaseCheckpoint(7, 600)));
}
