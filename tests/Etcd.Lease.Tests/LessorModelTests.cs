namespace Etcd.Lease.Tests;

/// <summary>Random histories against a model that keeps one deadline per lease in a plain dictionary.</summary>
public class LessorModelTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Lessor_AnyHistory_AgreesWithTheModel(int seed)
    {
        var random = new Random(seed);
        LeaseFixture leases = new(new LessorOptions { RevokeRetryInterval = TimeSpan.FromSeconds(1) });
        var ttls = new Dictionary<long, long>();
        var deadlines = new Dictionary<long, long>();
        long now = 0;
        bool primary = false;

        for (int step = 0; step < 2000; step++)
        {
            long id = random.Next(1, 30);
            switch (random.Next(8))
            {
                case 0 or 1:
                    long ttl = random.Next(2, 20);
                    LeaseGrantOutcome outcome = leases.Lessor.Grant(id, ttl, out _);
                    Assert.Equal(ttls.TryAdd(id, ttl) ? LeaseGrantOutcome.Granted : LeaseGrantOutcome.AlreadyExists, outcome);
                    if (outcome == LeaseGrantOutcome.Granted)
                    {
                        deadlines[id] = now + (1000 * ttl);
                    }

                    break;
                case 2:
                    Assert.Equal(ttls.Remove(id), leases.Lessor.Revoke(id, out _));
                    deadlines.Remove(id);
                    break;
                case 3 or 4:
                    LeaseRenewalOutcome expected = !primary ? LeaseRenewalOutcome.NotPrimary
                        : !ttls.ContainsKey(id) ? LeaseRenewalOutcome.NotFound
                        : deadlines[id] <= now ? LeaseRenewalOutcome.Expired
                        : LeaseRenewalOutcome.Renewed;
                    Assert.Equal(expected, leases.Lessor.Renew(id).Outcome);
                    if (expected == LeaseRenewalOutcome.Renewed)
                    {
                        deadlines[id] = now + (1000 * ttls[id]);
                    }

                    break;
                case 5:
                    double seconds = random.Next(0, 4000) / 1000.0;
                    leases.Advance(seconds);
                    now = leases.Clock.GetTimestamp() / TimeSpan.TicksPerMillisecond;
                    break;
                case 6 when random.Next(10) == 0:
                    primary = !primary;
                    if (primary)
                    {
                        leases.Lessor.Promote(TimeSpan.Zero);
                        foreach ((long lease, long leaseTtl) in ttls)
                        {
                            deadlines[lease] = now + (1000 * leaseTtl);
                        }
                    }
                    else
                    {
                        leases.Lessor.Demote();
                    }

                    break;
                default:
                    // Whatever was offered a moment ago may be held back by the retry interval: never a wrong one, and none missing after it.
                    HashSet<long> overdue = [.. ttls.Keys.Where(lease => primary && deadlines[lease] <= now)];
                    HashSet<long> offered = [.. leases.Lessor.TakeExpired(int.MaxValue)];
                    Assert.Subset(overdue, offered);
                    leases.Advance(1);
                    now = leases.Clock.GetTimestamp() / TimeSpan.TicksPerMillisecond;
                    offered.UnionWith(leases.Lessor.TakeExpired(int.MaxValue));
                    Assert.Subset(offered, overdue);
                    break;
            }

            Assert.Equal(ttls.Keys.Order(), leases.Lessor.Leases().Order());
            Assert.Equal(ttls.Keys.Order(), leases.Records.Records.Keys.Order());
        }
    }

    // Incident: the renewal of a revoked lease was acknowledged (etcd before 3.5.23).
    [Fact]
    public async Task Renew_RacingWithRevoke_IsNeverAcknowledgedAfterIt()
    {
        LeaseFixture leases = LeaseFixture.Primary();
        long revokedUpTo = 0;
        long granted = 0;
        using var done = new CancellationTokenSource();
        Task renewer = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    long revoked = Interlocked.Read(ref revokedUpTo);
                    for (long id = Math.Max(1, revoked - 2); id <= Interlocked.Read(ref granted); id++)
                    {
                        LeaseRenewalOutcome outcome = leases.Lessor.Renew(id).Outcome;
                        Assert.False(id <= revoked && outcome == LeaseRenewalOutcome.Renewed, $"lease {id} renewed after its revoke");
                    }
                }
            },
            TestContext.Current.CancellationToken);

        for (long id = 1; id <= 50_000; id++)
        {
            leases.Grant(id, 60);
            Interlocked.Exchange(ref granted, id);
            leases.Lessor.Revoke(id, out _);
            Interlocked.Exchange(ref revokedUpTo, id);
        }

        await done.CancelAsync();
        await renewer;
    }
}
