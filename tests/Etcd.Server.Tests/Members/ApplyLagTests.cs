using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Tests.Clusters;
using Etcd.Server.Tests.Pumps;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

// etcd: a member takes no more proposals while it has 5000 committed entries to apply.
public sealed class ApplyLagTests
{
    private const int LagMax = 5_000;

    // What waits for the held apply must not time out before it is let go.
    private static readonly ServerOptions Options = TestMember.Options with { ElectionTimeout = TimeSpan.FromMinutes(1) };

    private readonly SimulatedFileSystem _disk = new();

    [Fact]
    public async Task Put_ApplyIsTooFarBehind_IsRefusedUntilApplyHasCaughtUp()
    {
        using var execution = new HoldingExecution("etcd-apply");
        await using TestMember member = await TestMember.StartAsync(_disk, Options, execution: execution);

        // The last thing that a new member writes by itself.
        await TestCluster.UntilAsync(() => member.Server.Readings.ClusterVersion == EtcdVersion.Storage);
        await member.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });

        execution.Hold();
        Task<long>[] waiting = [.. Enumerable.Range(0, LagMax).Select(number => member.PutAsync("a", $"{number}"))];
        await LagsBehindAsync(member, LagMax);
        Task<long> last = member.PutAsync("a", "last");
        await LagsBehindAsync(member, LagMax + 1);

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => member.PutAsync("a", "refused"));
        Assert.Equal(EtcdErrorCode.TooManyRequests, refusal.Code);
        Assert.Equal("etcdserver: too many requests", refusal.Message);
        Assert.Equal(8, refusal.Description.GrpcStatus);

        // The end of a lease gives something back and is let through.
        ValueTask<LeaseRevokeResponse> revocation = member.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 7 });
        await LagsBehindAsync(member, LagMax + 2);

        execution.Release();
        await Task.WhenAll(waiting);
        await last;
        await revocation;
        Assert.Equal("last", await member.GetAsync("a"));
        await member.PutAsync("a", "after");
        Assert.Equal("after", await member.GetAsync("a"));
    }

    private static Task LagsBehindAsync(TestMember member, ulong entries) => TestCluster.UntilAsync(
        () => member.Server.Readings.CommittedIndex - member.Server.Readings.AppliedIndex == entries);
}
