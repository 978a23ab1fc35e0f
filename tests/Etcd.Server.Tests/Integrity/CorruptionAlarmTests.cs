using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Integrity;

// As seen with etcd 3.5.30: what is replicated and touches keys or leases is refused when it is applied; reads are served.
public sealed class CorruptionAlarmTests
{
    private const ulong Named = 0x7b;

    private static readonly ByteString Key = ByteString.CopyFromUtf8("key");
    private static readonly RangeRequest Read = new() { Key = Key };

    private readonly SimulatedFileSystem _disk = new();

    [Fact]
    public async Task Raised_WritesAndLeases_AreRefused()
    {
        await using TestMember member = await StartAsync();
        await member.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 1, TTL = 60 });
        await member.PutAsync("key", "1");
        await SetAsync(member, AlarmRequest.Types.AlarmAction.Activate);

        await RefusedAsync(() => member.PutAsync("key", "2"));
        await RefusedAsync(async () => await member.Server.KeyValues.DeleteRangeAsync(new DeleteRangeRequest { Key = Key }));
        await RefusedAsync(async () => await member.Server.KeyValues.TxnAsync(
            new TxnRequest { Success = { new RequestOp { RequestPut = new PutRequest { Key = Key } } } }, CancellationToken.None));
        await RefusedAsync(async () => await member.Server.KeyValues.CompactAsync(new CompactionRequest { Revision = 2 }, CancellationToken.None));
        await RefusedAsync(async () => await member.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 2, TTL = 60 }));
        await RefusedAsync(async () => await member.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 1 }));
        Assert.Equal("1", await member.GetAsync("key"));
    }

    [Fact]
    public async Task Raised_Reads_AreServed()
    {
        await using TestMember member = await StartAsync();
        await member.PutAsync("key", "1");

        await SetAsync(member, AlarmRequest.Types.AlarmAction.Activate);

        Assert.Equal("1", await member.GetAsync("key"));
        TxnResponse read = await member.Server.KeyValues.TxnAsync(
            new TxnRequest { Success = { new RequestOp { RequestRange = Read } } }, CancellationToken.None);
        Assert.Equal(1, Assert.Single(read.Responses).ResponseRange.Count);
        Assert.Equal("memberID:123 alarm:CORRUPT ", Assert.Single(member.Server.Maintenance.Status().Errors));
    }

    [Fact]
    public async Task Raised_Restart_StaysUntilItIsDisarmed()
    {
        await using (TestMember first = await StartAsync())
        {
            await SetAsync(first, AlarmRequest.Types.AlarmAction.Activate);
        }

        await using TestMember member = await StartAsync();
        await RefusedAsync(() => member.PutAsync("key", "1"));

        await SetAsync(member, AlarmRequest.Types.AlarmAction.Deactivate);

        Assert.Empty(member.Server.Maintenance.Alarms);
        await member.PutAsync("key", "2");
    }

    private Task<TestMember> StartAsync() => TestMember.StartAsync(_disk);

    private static async Task SetAsync(TestMember member, AlarmRequest.Types.AlarmAction action) =>
        await member.Server.Maintenance.AlarmAsync(
            new AlarmRequest { Action = action, MemberID = Named, Alarm = AlarmType.Corrupt }, CancellationToken.None);

    private static async Task RefusedAsync(Func<Task> call) =>
        Assert.Equal(EtcdErrorCode.Corrupt, (await Assert.ThrowsAsync<EtcdException>(call)).Code);
}
