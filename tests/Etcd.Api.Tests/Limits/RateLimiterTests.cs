using System.Net;

using Etcd.Api.Limits;
using Etcd.Api.Limits.Rates;
using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Server;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Api.Tests.Limits;

public sealed class RateLimiterTests : IAsyncLifetime
{
    private static readonly Rate TenRequests = new(10, 10, 0, 0);

    private readonly ManualTimeProvider _time = new();
    private EtcdServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EtcdServer.StartAsync(
        new ServerOptions
        {
            DataDirectory = "/data",
            InitialCluster = new Dictionary<string, IReadOnlyList<string>> { ["default"] = ["http://localhost:2380"] },
            Seed = 1,
        },
        new SimulatedFileSystem(),
        TimeProvider.System,
        NullLoggerFactory.Instance,
        LonePeerNetwork.Instance);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void TokenBucket_Burst_IsGivenAtOnceAndComesBackAtTheRate()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 3, _time);

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => bucket.TryTakeOne(out TimeSpan _)));
        Assert.False(bucket.TryTakeOne(out TimeSpan wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
        _time.Advance(wait);

        Assert.True(bucket.TryTakeOne(out _));
        Assert.False(bucket.TryTakeOne(out _));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(bucket.IsFull);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => bucket.TryTakeOne(out TimeSpan _)));
    }

    [Fact]
    public void TokenBucket_Debt_IsPaidOffBeforeMoreIsGiven()
    {
        var bucket = new TokenBucket(perSecond: 1000, burst: 1000, _time);

        bucket.Charge(3000);

        Assert.False(bucket.IsSolvent(out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(2), wait);
        _time.Advance(wait);
        Assert.True(bucket.IsSolvent(out _));
    }

    // A reply of the largest size at a small rate must not keep its asker out for good.
    [Fact]
    public void TokenBucket_HugeDebt_IsBounded()
    {
        var bucket = new TokenBucket(perSecond: 1, burst: 1, _time);

        bucket.Charge(1e15);
        bucket.Charge(1e15);

        Assert.False(bucket.IsSolvent(out TimeSpan wait));
        Assert.InRange(wait, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(61));
    }

    [Fact]
    public async Task TokenBucket_ManyThreads_GiveNoMoreThanTheBurst()
    {
        var bucket = new TokenBucket(perSecond: 1, burst: 1000, _time);

        int[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, 1000).Count(_ => bucket.TryTakeOne(out TimeSpan _)), TestContext.Current.CancellationToken)));

        Assert.Equal(1000, taken.Sum());
    }

    [Fact]
    public void AccountOf_NobodyLoggedIn_EachAddressHasTheDefault()
    {
        var limiter = new RateLimiter(_time);
        limiter.Set(RateLimits.None with { Default = TenRequests });

        RateAccount first = Account(limiter, "10.0.0.1");
        RateAccount second = Account(limiter, "10.0.0.2");
        Use(first, 10);

        EtcdException refusal = Assert.Throws<EtcdException>(() => first.Take(0));
        Assert.Equal(EtcdErrorCode.RateLimited, refusal.Code);
        Assert.Equal("etcdserver: rate limit exceeded: address 10.0.0.1 has 10 requests a second; try again in 100 ms", refusal.Message);
        Use(second, 10);
        Assert.Same(first, Account(limiter, "10.0.0.1"));
    }

    [Fact]
    public void AccountOf_FloodOfAddresses_StaysBoundedAndForgetsTheIdle()
    {
        var limiter = new RateLimiter(_time);
        limiter.Set(RateLimits.None with { Default = TenRequests });
        for (int address = 0; address < RateBook.AddressesMax; address++)
        {
            Use(Account(limiter, new IPAddress(address + 1).ToString()), 1);
        }

        RateAccount other = Account(limiter, "200.0.0.1");
        RateAccount another = Account(limiter, "200.0.0.2");
        Assert.Same(other, another);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.NotSame(Account(limiter, "200.0.0.1"), Account(limiter, "200.0.0.2"));
    }

    // Who has a network of IPv6 has as many addresses as he likes.
    [Fact]
    public void AccountOf_AddressesOfOneNetwork_ShareTheDefault()
    {
        var limiter = new RateLimiter(_time);
        limiter.Set(RateLimits.None with { Default = TenRequests });

        RateAccount one = Account(limiter, "2001:db8:1:2::1");

        Assert.Same(one, Account(limiter, "2001:db8:1:2:3:4:5:6"));
        Assert.NotSame(one, Account(limiter, "2001:db8:1:3::1"));
        Assert.Same(Account(limiter, "10.0.0.1"), Account(limiter, "::ffff:10.0.0.1"));
        Assert.NotSame(Account(limiter, "::1"), Account(limiter, "::2"));
    }

    [Fact]
    public void Set_NoLimits_AsksNobody()
    {
        var limiter = new RateLimiter(_time);
        limiter.Set(RateLimits.None with { Default = TenRequests });
        Assert.True(limiter.IsOn);

        limiter.Set(RateLimits.None);

        Assert.False(limiter.IsOn);
        Assert.Null(limiter.AccountOf(Rules(), Caller.Anonymous, null));
    }

    [Fact]
    public void Take_AccountInUse_AllocatesNothing()
    {
        var limiter = new RateLimiter(_time);
        limiter.Set(RateLimits.None with { Default = new Rate(1e9, 1e9, 1e12, 1e12) });
        AuthView rules = Rules();
        EndPoint source = new IPEndPoint(IPAddress.Loopback, 1);
        limiter.AccountOf(rules, Caller.Anonymous, source)!.Take(1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int request = 0; request < 1000; request++)
        {
            RateAccount account = limiter.AccountOf(rules, Caller.Anonymous, source)!;
            account.Take(100);
            account.Sent(100);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // A method that is misspelt would not be limited; one that comes new must be decided about.
    [Fact]
    public void Gate_EveryMethodOfTheMember_CountsOrIsLeftOutOnPurpose()
    {
        string[] leftOut = ["etcdserverpb.Auth", "etcdserverpb.Cluster", "etcdserverpb.Maintenance", "grpc.health.v1.Health"];
        var table = new RpcServiceTable();
        EtcdServices.AddTo(table, _server, new ServiceLimits(long.MaxValue, _time));

        string[] served = [.. table.Methods.Select(method => method.Path[1..])];

        Assert.Empty(RateGate.Names.Except(served));
        Assert.Equal(
            ["etcdserverpb.KV/Compact"], served.Except(RateGate.Names).Where(path => !leftOut.Contains(path.Split('/')[0])));
    }

    private RateAccount Account(RateLimiter limiter, string address) =>
        limiter.AccountOf(Rules(), Caller.Anonymous, new IPEndPoint(IPAddress.Parse(address), 1234))!;

    private static void Use(RateAccount account, int requests)
    {
        for (int request = 0; request < requests; request++)
        {
            account.Take(0);
        }
    }

    private AuthView Rules() => _server.Access.Rules;
}
