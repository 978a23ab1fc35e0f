namespace Etcd.Lease.Tests;

public class ExpiryTests
{
    private readonly LeaseFixture _leases = LeaseFixture.Primary();

    [Fact]
    public void TakeExpired_BeforeTheTtl_IsEmpty()
    {
        _leases.Grant(7, 10);
        _leases.Advance(9.999);

        Assert.Empty(_leases.Lessor.TakeExpired(1000));
    }

    [Fact]
    public void TakeExpired_AtTheTtl_NamesTheLease()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);

        Assert.Equal([7], _leases.Lessor.TakeExpired(1000));
        Assert.True(_leases.Lessor.Exists(7));
    }

    [Fact]
    public void TakeExpired_MoreThanAsked_NamesLongestExpiredFirstAndTheRestNextTime()
    {
        _leases.Grant(1, 12);
        _leases.Grant(2, 11);
        _leases.Grant(3, 10);
        _leases.Advance(20);

        Assert.Equal([3, 2], _leases.Lessor.TakeExpired(2));
        Assert.Equal([1], _leases.Lessor.TakeExpired(2));
    }

    [Fact]
    public void TakeExpired_RevokeWasLost_NamesTheLeaseAgainAfterTheRetryInterval()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);
        _leases.Lessor.TakeExpired(1000);

        _leases.Advance(2.9);
        Assert.Empty(_leases.Lessor.TakeExpired(1000));

        _leases.Advance(0.1);
        Assert.Equal([7], _leases.Lessor.TakeExpired(1000));
    }

    [Fact]
    public void TakeExpired_AfterRevoke_IsEmpty()
    {
        _leases.Grant(7, 10);
        _leases.Revoke(7);
        _leases.Advance(100);

        Assert.Empty(_leases.Lessor.TakeExpired(1000));
    }

    // The promise: a lease never expires before the TTL counted from the last acknowledged keep-alive.
    [Fact]
    public void Renew_BeforeExpiry_CountsTheTtlAnew()
    {
        _leases.Grant(7, 10);
        _leases.Advance(9);

        Assert.Equal(new LeaseRenewal(LeaseRenewalOutcome.Renewed, 10), _leases.Lessor.Renew(7));

        _leases.Advance(9.9);
        Assert.Empty(_leases.Lessor.TakeExpired(1000));
        _leases.Advance(0.1);
        Assert.Equal([7], _leases.Lessor.TakeExpired(1000));
    }

    [Fact]
    public void Renew_UnknownLease_IsNotFound() =>
        Assert.Equal(LeaseRenewalOutcome.NotFound, _leases.Lessor.Renew(7).Outcome);

    [Fact]
    public void Renew_ExpiredLease_IsNotRenewed()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);

        Assert.Equal(LeaseRenewalOutcome.Expired, _leases.Lessor.Renew(7).Outcome);
        Assert.Equal([7], _leases.Lessor.TakeExpired(1000));
    }

    // Incident: the renewal of a revoked lease was acknowledged (etcd before 3.5.23).
    [Fact]
    public void Renew_AfterRevoke_IsNotFound()
    {
        _leases.Grant(7, 10);
        _leases.Revoke(7);

        Assert.Equal(LeaseRenewalOutcome.NotFound, _leases.Lessor.Renew(7).Outcome);
    }

    [Fact]
    public async Task RenewAsync_ExpiredLease_AnswersNotFoundOnceTheRevokeIsApplied()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);

        Task<LeaseRenewal> renewal = _leases.Lessor.RenewAsync(7, TestContext.Current.CancellationToken).AsTask();
        Assert.False(renewal.IsCompleted);
        _leases.Revoke(7);

        Assert.Equal(LeaseRenewalOutcome.NotFound, (await renewal).Outcome);
    }

    [Fact]
    public async Task RenewAsync_LeadershipLostWhileWaiting_AnswersNotPrimary()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);

        Task<LeaseRenewal> renewal = _leases.Lessor.RenewAsync(7, TestContext.Current.CancellationToken).AsTask();
        _leases.Lessor.Demote();

        Assert.Equal(LeaseRenewalOutcome.NotPrimary, (await renewal).Outcome);
        Assert.True(_leases.Lessor.Exists(7));
    }

    [Fact]
    public async Task RenewAsync_CallerGivesUp_IsCancelled()
    {
        _leases.Grant(7, 10);
        _leases.Advance(10);
        using var giveUp = new CancellationTokenSource();

        Task<LeaseRenewal> renewal = _leases.Lessor.RenewAsync(7, giveUp.Token).AsTask();
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewal);
    }

    // Incident #15247: a paused old leader revoked leases. A demoted lessor expires and renews nothing.
    [Fact]
    public void Demote_LeasesPastTheirTtl_NeitherExpireNorRenew()
    {
        _leases.Grant(7, 10);
        _leases.Advance(5);
        _leases.Lessor.Demote();
        _leases.Advance(1000);

        Assert.Empty(_leases.Lessor.TakeExpired(1000));
        Assert.Equal(LeaseRenewalOutcome.NotPrimary, _leases.Lessor.Renew(7).Outcome);
        Assert.Null(_leases.Lessor.TimeToLive(7, withKeys: false)!.RemainingTtlSeconds);
    }

    [Fact]
    public void Promote_AfterDemotion_GivesTheFullTtlAndTheExtension()
    {
        _leases.Grant(7, 10);
        _leases.Advance(9);
        _leases.Lessor.Demote();
        _leases.Advance(100);

        _leases.Lessor.Promote(TimeSpan.FromSeconds(1));

        _leases.Advance(10.9);
        Assert.Empty(_leases.Lessor.TakeExpired(1000));
        _leases.Advance(0.1);
        Assert.Equal([7], _leases.Lessor.TakeExpired(1000));
    }

    [Fact]
    public void Restart_Promoted_LeasesHaveTheirFullTtlAgain()
    {
        _leases.Grant(7, 10);
        _leases.Advance(9);

        _leases.Restart();
        _leases.Advance(500);
        _leases.Lessor.Promote(TimeSpan.Zero);

        Assert.Equal(10, _leases.Lessor.TimeToLive(7, withKeys: false)!.RemainingTtlSeconds);
    }

    [Fact]
    public void Recover_MemberWithALongerMinimum_RaisesStoredLeases()
    {
        var leases = new LeaseFixture(new LessorOptions { TtlSecondsMin = 15 });
        leases.Records.Put(new LeaseRecord(7, 2, 0));

        leases.Lessor.Recover();

        Assert.Equal(15, leases.Lessor.TimeToLive(7, withKeys: false)!.GrantedTtlSeconds);
    }

    [Fact]
    public void Recover_AfterASnapshotWasInstalled_KnowsOnlyItsLeasesAndIsNotPrimary()
    {
        _leases.Grant(7, 10);
        _leases.Attach(7, "a");
        var installed = new MemoryLeaseRecords();
        installed.Put(new LeaseRecord(8, 20, 0));

        _leases.Lessor.Recover(installed);

        Assert.Equal([8], _leases.Lessor.Leases());
        Assert.Equal(0, _leases.Lessor.LeaseOf("a"u8));
        Assert.False(_leases.Lessor.IsPrimary);
    }

    [Fact]
    public void Promote_ManyLeasesOfOneTtl_SpreadsExpiriesOverTime()
    {
        var leases = new LeaseFixture();
        for (long id = 1; id <= 10_000; id++)
        {
            leases.Grant(id, 10);
        }

        leases.Lessor.Promote(TimeSpan.Zero);
        leases.Advance(10);

        // 10,000 leases at 750 a second: 750 at once, then 750 after each further second.
        for (int second = 0; second < 13; second++)
        {
            Assert.Equal(750, RevokeExpired(leases));
            leases.Advance(1);
        }

        Assert.Equal(250, RevokeExpired(leases));
        Assert.Equal(0, leases.Lessor.Count);
    }

    [Fact]
    public void Promote_FewLeases_ExpireTogether()
    {
        for (long id = 1; id < 1000; id++)
        {
            _leases.Grant(id, 10);
        }

        _leases.Lessor.Promote(TimeSpan.Zero);
        _leases.Advance(10);

        Assert.Equal(999, _leases.Lessor.TakeExpired(1000).Count);
    }

    [Fact]
    public void Renew_LeaseMovedBackBySpreading_IsNeverShortened()
    {
        var leases = new LeaseFixture(new LessorOptions { SpreadThreshold = 2, ExpiriesPerSecondMax = 1 });
        leases.Grant(1, 10);
        leases.Grant(2, 10);
        leases.Lessor.Promote(TimeSpan.Zero);
        long[] before = [.. new long[] { 1, 2 }.Select(id => leases.Lessor.TimeToLive(id, withKeys: false)!.RemainingTtlSeconds!.Value)];

        leases.Lessor.Renew(1);
        leases.Lessor.Renew(2);

        long[] after = [.. new long[] { 1, 2 }.Select(id => leases.Lessor.TimeToLive(id, withKeys: false)!.RemainingTtlSeconds!.Value)];
        Assert.Equal([10, 11], before.Order());
        Assert.Equal(before, after);
    }

    // A hundred thousand leases must be cheap: short-lived ones must not pile up in the deadline queue until they fall due.
    [Fact]
    public void Revoke_ManyLongLeases_LeavesNoBacklogInTheQueue()
    {
        for (long id = 1; id <= 100_000; id++)
        {
            _leases.Grant(id, 1_000_000);
            _leases.Lessor.Revoke(id, out _);
        }

        Assert.InRange(_leases.Lessor.QueuedDeadlines, 0, 2 * 1024);
    }

    private static int RevokeExpired(LeaseFixture leases)
    {
        IReadOnlyList<long> expired = leases.Lessor.TakeExpired(int.MaxValue);
        foreach (long id in expired)
        {
            leases.Revoke(id);
        }

        return expired.Count;
    }
}
