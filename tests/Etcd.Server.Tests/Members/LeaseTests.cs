using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

// Time is the test's own: leases expire because the clock is moved, not because the test waits.
public sealed class LeaseTests
{
    private readonly SimulatedFileSystem _disk = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Lease_TtlPasses_TakesItsKeysWithItButNotBefore()
    {
        await using TestMember member = await StartAsync();
        LeaseGrantResponse lease = await member.Server.Leases.GrantAsync(new LeaseGrantRequest { TTL = 60 });
        await member.PutAsync("k", "v", lease.ID);

        Advance(seconds: 59);
        Assert.Equal("v", await member.GetAsync("k"));

        await UntilAsync(async () => await member.GetAsync("k") is null);
        LeaseTimeToLiveResponse gone = await member.Server.Leases.TimeToLiveAsync(
            new LeaseTimeToLiveRequest { ID = lease.ID }, CancellationToken.None);
        Assert.Equal(-1, gone.TTL);
    }

    [Fact]
    public async Task Lease_KeptAlive_LivesOn()
    {
        await using TestMember member = await StartAsync();
        LeaseGrantResponse lease = await member.Server.Leases.GrantAsync(new LeaseGrantRequest { TTL = 10 });
        await member.PutAsync("k", "v", lease.ID);

        for (int i = 0; i < 5; i++)
        {
            Advance(seconds: 8);
            LeaseKeepAliveResponse reply = await member.Server.Leases.RenewAsync(lease.ID, CancellationToken.None);
            Assert.Equal(10, reply.TTL);
        }

        Assert.Equal("v", await member.GetAsync("k"));
    }

    [Fact]
    public async Task Lease_AfterRestart_HasItsFullTimeAgain()
    {
        long id;
        await using (TestMember first = await StartAsync())
        {
            id = (await first.Server.Leases.GrantAsync(new LeaseGrantRequest { TTL = 100 })).ID;
            Advance(seconds: 90);
        }

        await using TestMember second = await StartAsync();

        LeaseTimeToLiveResponse lease = await second.Server.Leases.TimeToLiveAsync(
            new LeaseTimeToLiveRequest { ID = id }, CancellationToken.None);
        Assert.InRange(lease.TTL, 99, 102);
    }

    // Incident: the keep-alive of a revoked lease was acknowledged (fixed in 3.5.23).
    [Fact]
    public async Task KeepAlive_RevokedLease_IsAnsweredWithZero()
    {
        await using TestMember member = await StartAsync();
        LeaseGrantResponse lease = await member.Server.Leases.GrantAsync(new LeaseGrantRequest { TTL = 10 });
        await member.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = lease.ID });

        LeaseKeepAliveResponse reply = await member.Server.Leases.RenewAsync(lease.ID, CancellationToken.None);

        Assert.Equal(0, reply.TTL);
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(
            async () => await member.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = lease.ID }));
        Assert.Equal(EtcdErrorCode.LeaseNotFound, refusal.Code);
    }

    private async Task<TestMember> StartAsync()
    {
        Task<TestMember> starting = TestMember.StartAsync(_disk, time: _time);
        while (!starting.IsCompleted)
        {
            // Fires what is due at once, without letting leases grow older.
            Advance(seconds: 0);
            await Task.Yield();
        }

        return await starting;
    }

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Advance(seconds: 0.1);
            await Task.Yield();
        }
    }
}
