using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

public sealed class LimitTests
{
    private readonly SimulatedFileSystem _disk = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_OverTheQuota_RaisesTheAlarmUntilItIsDisarmed()
    {
        await using TestMember member = await TestMember.StartAsync(_disk, TestMember.Options with { QuotaBackendBytes = 64 * 1024 });
        await member.PutAsync("small", "1");

        await RefusedAsync(EtcdErrorCode.NoSpace, () => member.PutAsync("large", new string('x', 60_000)));

        Assert.Equal(AlarmType.Nospace, Assert.Single(member.Server.Maintenance.Alarms).Alarm);
        await RefusedAsync(EtcdErrorCode.NoSpace, () => member.PutAsync("small", "2"));
        await RefusedAsync(
            EtcdErrorCode.NoSpace, async () => await member.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 1, TTL = 60 }));
        Assert.Equal("1", await member.GetAsync("small"));
        DeleteRangeResponse deletion = await member.Server.KeyValues.DeleteRangeAsync(
            new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("small") });
        Assert.Equal(1, deletion.Deleted);

        await member.Server.Maintenance.AlarmAsync(
            new AlarmRequest
            {
                Action = AlarmRequest.Types.AlarmAction.Deactivate,
                MemberID = member.Server.Headers.MemberId,
                Alarm = AlarmType.Nospace,
            },
            CancellationToken.None);

        await member.PutAsync("small", "3");
        Assert.Equal("3", await member.GetAsync("small"));
    }

    [Fact]
    public async Task Quota_SpaceIsBack_TheMemberTakesItsOwnAlarmBack()
    {
        await using TestMember member = await TestMember.StartAsync(
            _disk,
            TestMember.Options with
            {
                QuotaBackendBytes = 1024 * 1024,
                QuotaAlarmDisarmPercent = 90,
                QuotaAlarmLookInterval = TimeSpan.FromMilliseconds(10),
            });
        long revision = 0;
        while (member.Server.Maintenance.Alarms.Count == 0)
        {
            try
            {
                revision = await member.PutAsync("large", new string('x', 100_000));
            }
            catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.NoSpace)
            {
                Assert.NotEmpty(member.Server.Maintenance.Alarms);
            }
        }

        await member.Server.KeyValues.CompactAsync(new CompactionRequest { Revision = revision, Physical = true }, Cancellation);
        Assert.NotEmpty(member.Server.Maintenance.Alarms);
        await member.Server.Maintenance.AlarmAsync(
            new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Activate, MemberID = 7, Alarm = AlarmType.Nospace }, Cancellation);
        member.Server.Maintenance.Defragment();

        while (member.Server.Maintenance.Alarms.Count > 1)
        {
            // It changes without an event that could be awaited: looked at until it has.
            await Task.Delay(10, Cancellation);
        }

        // What another member has raised is not this one's to take back.
        Assert.Equal(7ul, Assert.Single(member.Server.Maintenance.Alarms).MemberID);
    }

    // Incident #13554 and its like: an enum value nobody knows killed the server, alarm action 99 still kills real 3.5.30.
    [Theory]
    [InlineData(99, 1)]
    [InlineData(1, 99)]
    public async Task Alarm_UnknownActionOrKind_IsRefused(int action, int alarm)
    {
        await using TestMember member = await TestMember.StartAsync(_disk);
        var request = new AlarmRequest { Action = (AlarmRequest.Types.AlarmAction)action, Alarm = (AlarmType)alarm };

        await RefusedAsync(
            EtcdErrorCode.InvalidRequestOption,
            async () => await member.Server.Maintenance.AlarmAsync(request, CancellationToken.None));

        await member.PutAsync("still", "alive");
    }

    [Fact]
    public async Task Put_LargerThanARequestMayBe_IsRefused()
    {
        await using TestMember member = await TestMember.StartAsync(_disk, TestMember.Options with { RequestBytesMax = 1000 });

        await RefusedAsync(EtcdErrorCode.RequestTooLarge, () => member.PutAsync("k", new string('x', 1000)));
    }

    private static async Task RefusedAsync(EtcdErrorCode expected, Func<Task> call)
    {
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(call);
        Assert.Equal(expected, refusal.Code);
    }
}
