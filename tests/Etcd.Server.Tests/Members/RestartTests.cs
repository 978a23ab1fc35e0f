using Etcd.Protocol.Rpc;
using Etcd.Server.Bootstrap;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

public sealed class RestartTests
{
    private readonly SimulatedFileSystem _disk = new();

    [Fact]
    public async Task Restart_AfterGracefulStop_KeepsKeysRevisionsLeasesAlarmsAndIdentity()
    {
        ulong memberId;
        long revision;
        RangeResponse before;
        await using (TestMember first = await TestMember.StartAsync(_disk))
        {
            memberId = first.Server.Headers.MemberId;
            await first.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
            await first.PutAsync("a", "1");
            await first.PutAsync("b", "2", lease: 7);
            await first.PutAsync("a", "3");
            await Alarm(first, AlarmRequest.Types.AlarmAction.Activate, AlarmType.Nospace);
            before = await first.AllAsync();
            revision = before.Header?.Revision ?? first.Server.Headers.Create().Revision;
        }

        await using TestMember second = await TestMember.StartAsync(_disk);

        Assert.Equal(memberId, second.Server.Headers.MemberId);
        Assert.Equal(revision, second.Server.Headers.Create().Revision);
        Assert.Equal(before.Kvs, (await second.AllAsync()).Kvs);
        LeaseTimeToLiveResponse lease = await second.Server.Leases.TimeToLiveAsync(
            new LeaseTimeToLiveRequest { ID = 7, Keys = true }, CancellationToken.None);
        Assert.Equal(600, lease.GrantedTTL);
        Assert.Equal(["b"], lease.Keys.Select(key => key.ToStringUtf8()));
        Assert.Equal([new AlarmMember { MemberID = memberId, Alarm = AlarmType.Nospace }], second.Server.Maintenance.Alarms);
        Assert.Equal("default", Assert.Single(second.Server.Cluster.View.Members).Name);
        Assert.Equal("3.5.0", second.Server.Cluster.View.ClusterVersion);
    }

    [Fact]
    public async Task Restart_AfterLogSnapshots_ReadsSnapshotAndTail()
    {
        ServerOptions options = TestMember.Options with { SnapshotCount = 10, SnapshotCatchUpEntries = 5 };
        await using (TestMember first = await TestMember.StartAsync(_disk, options))
        {
            for (int i = 0; i < 100; i++)
            {
                await first.PutAsync($"k{i % 7}", $"{i}");
            }
        }

        Assert.Contains(_disk.List("/data/member/snap"), name => name.EndsWith(".snap", StringComparison.Ordinal));
        await using TestMember second = await TestMember.StartAsync(_disk, options);

        Assert.Equal("99", await second.GetAsync("k1"));
        Assert.Equal(101, second.Server.Headers.Create().Revision);
        Assert.Equal("default", Assert.Single(second.Server.Cluster.View.Members).Name);
    }

    // etcd ignores the flag once a member has data: unit files keep it for ever.
    [Fact]
    public async Task Start_JoiningAnExistingCluster_IsRefusedOnlyWithoutData()
    {
        ServerOptions joining = TestMember.Options with { JoinsExistingCluster = true };
        await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(_disk, joining));
        await using (TestMember founder = await TestMember.StartAsync(_disk))
        {
            await founder.PutAsync("a", "1");
        }

        await using TestMember member = await TestMember.StartAsync(_disk, joining);

        Assert.Equal("1", await member.GetAsync("a"));
    }

    [Fact]
    public async Task Start_BackendWithoutItsLog_IsRefused()
    {
        await using (TestMember first = await TestMember.StartAsync(_disk))
        {
            await first.PutAsync("a", "1");
        }

        _disk.DeleteDirectory("/data/member/wal");

        await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(_disk));
    }

    [Fact]
    public async Task Start_LogShorterThanTheBackend_IsRefused()
    {
        var disk = new SimulatedFileSystem();
        await using (TestMember first = await TestMember.StartAsync(disk))
        {
        }

        SimulatedFileSystem early = disk.AfterProcessKill();
        await using (TestMember second = await TestMember.StartAsync(disk))
        {
            for (int i = 0; i < 20; i++)
            {
                await second.PutAsync("a", "1");
            }
        }

        CopyFile(disk, early, "/data/member/snap/db");

        BootstrapException refusal = await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(early));
        Assert.Contains("part of the log was lost", refusal.Message, StringComparison.Ordinal);
    }

    private static void CopyFile(SimulatedFileSystem from, SimulatedFileSystem to, string path)
    {
        using Disk.IFile source = from.Open(path, Disk.FileOpening.Read);
        byte[] bytes = new byte[source.Length];
        source.Read(bytes, 0);
        to.DeleteFile(path);
        using Disk.IFile target = to.Open(path, Disk.FileOpening.CreateNew);
        target.Write(bytes, 0);
    }

    private static async Task Alarm(TestMember member, AlarmRequest.Types.AlarmAction action, AlarmType alarm) =>
        await member.Server.Maintenance.AlarmAsync(
            new AlarmRequest { MemberID = member.Server.Headers.MemberId, Action = action, Alarm = alarm }, CancellationToken.None);
}
