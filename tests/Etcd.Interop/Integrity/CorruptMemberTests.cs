using Etcd.Grpc;
using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Integrity;

/// <summary>A member whose file was changed behind its back is found by each of the three comparisons.</summary>
public sealed class CorruptMemberTests
{
    private const int Limit = 120_000;

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task PeriodicCheck_AlteredMember_StopsTheClustersWrites(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(["--experimental-corrupt-check-time=500ms"], kind, kind, kind);
        ClusterMember altered = await AlterAsync(cluster);

        await cluster.StartAsync(altered);
        AlarmMember alarm = await AlarmAsync(cluster);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => altered.PutAsync("k", "again"));

        Assert.Equal(AlarmType.Corrupt, alarm.Alarm);
        Assert.Equal(await NamedAsync(kind, altered), alarm.MemberID);
        Assert.Equal((RpcStatusCode.DataLoss, "etcdserver: corrupt cluster"), (refusal.Code, refusal.Message));
        Assert.Equal("altered", await altered.GetAsync("k", serializable: true));
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task CompactionCheck_AlteredMember_IsFoundAfterTheNextCompaction(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(
            ["--experimental-compact-hash-check-enabled", "--experimental-compact-hash-check-time=500ms"], kind, kind, kind);
        ClusterMember altered = await AlterAsync(cluster);

        await cluster.StartAsync(altered);
        long revision = (await altered.PutAsync("other", "1")).Header.Revision;
        await altered.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = revision, Physical = true });
        AlarmMember alarm = await AlarmAsync(cluster);

        Assert.Equal((AlarmType.Corrupt, await NamedAsync(kind, altered)), (alarm.Alarm, alarm.MemberID));
    }

    // Beside real members, too: the comparison is a path of the peer port.
    [Theory(Timeout = Limit)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task InitialCheck_AlteredMember_DoesNotStart(ServerKind others)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(["--experimental-initial-corrupt-check"], ServerKind.Ours, others, others);
        ClusterMember altered = cluster[0];
        await WriteAsync(cluster);
        await altered.TerminateAsync();
        AlteredDatabase.SetValue(altered.Directory, "k", "altered");

        cluster.Launch(altered);
        int exitCode = await altered.Process.WaitForExitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(1, exitCode);
        Assert.Contains("found data inconsistency with peers", altered.Process.Log.Text, StringComparison.Ordinal);
        Assert.Equal("agreed", await cluster[1].GetAsync("k"));
    }

    [Fact(Timeout = Limit)]
    public async Task InitialCheck_MemberWithTheClustersData_Starts()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(
            ["--experimental-initial-corrupt-check"], ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        await WriteAsync(cluster);
        await cluster[0].TerminateAsync();

        await cluster.StartAsync(cluster[0]);

        Assert.Equal("agreed", await cluster[0].GetAsync("k"));
    }

    // The way out that operations.md describes: the member is replaced, and then the alarm stays away.
    [Fact(Timeout = Limit)]
    public async Task Alarm_AfterTheMemberIsReplacedAndDisarmed_StaysAway()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(
            ["--experimental-corrupt-check-time=500ms"], ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        ClusterMember altered = await AlterAsync(cluster);
        await cluster.StartAsync(altered);
        AlarmMember alarm = await AlarmAsync(cluster);
        ulong id = await IdAsync(altered);
        ClusterMember witness = cluster.Members.First(member => member != altered);

        await altered.TerminateAsync();
        await witness.CallAsync(EtcdMethods.Alarm, new AlarmRequest
        {
            Action = AlarmRequest.Types.AlarmAction.Deactivate,
            Alarm = AlarmType.Corrupt,
            MemberID = alarm.MemberID,
        });
        await witness.CallAsync(EtcdMethods.MemberRemove, new MemberRemoveRequest { ID = id });
        await ClusterMember.UntilAsync(() => IsAddedAsync(witness, altered));
        altered.Directory = cluster.NewDirectory();
        await cluster.StartAsync(altered, "existing");
        await witness.PutAsync("k", "again");

        // A comparison of all three that has found nothing.
        int before = ComparisonsOfThree(cluster);
        await ClusterMember.UntilAsync(() => Task.FromResult(ComparisonsOfThree(cluster) > before + 1));
        Assert.Empty((await witness.CallAsync(EtcdMethods.Alarm, new AlarmRequest())).Alarms);
        Assert.Equal("again", await altered.GetAsync("k"));
    }

    private static async Task<bool> IsAddedAsync(ClusterMember witness, ClusterMember member)
    {
        try
        {
            await witness.CallAsync(EtcdMethods.MemberAdd, new MemberAddRequest { PeerURLs = { member.PeerUrl } });
            return true;
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.Unavailable)
        {
            // Members are added only while all have been connected for five seconds: "etcdserver: unhealthy cluster".
            return false;
        }
    }

    private static int ComparisonsOfThree(ProcessCluster cluster) => cluster.Members.Sum(member => member.Process.Log.Text.Split('\n').Count(line =>
        line.Contains("finished peer corruption check", StringComparison.Ordinal)
        && line.Contains("\"number-of-peers-checked\":2", StringComparison.Ordinal)));

    private static async Task WriteAsync(ProcessCluster cluster)
    {
        await cluster[0].PutAsync("k", "agreed");

        // Every member has applied it.
        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Equal("agreed", await member.GetAsync("k"));
        }
    }

    /// <summary>Stops a member that does not lead and changes its file.</summary>
    private static async Task<ClusterMember> AlterAsync(ProcessCluster cluster)
    {
        await WriteAsync(cluster);
        (ClusterMember altered, _, _) = await cluster.WaitForRolesAsync();
        await altered.TerminateAsync();
        AlteredDatabase.SetValue(altered.Directory, "k", "altered");
        return altered;
    }

    private static async Task<AlarmMember> AlarmAsync(ProcessCluster cluster)
    {
        AlarmMember? raised = null;
        await ClusterMember.UntilAsync(async () =>
        {
            raised = (await cluster[0].CallAsync(EtcdMethods.Alarm, new AlarmRequest())).Alarms.FirstOrDefault();
            return raised is not null;
        });
        return raised!;
    }

    // Real etcd 3.5 names no member, whatever it has found.
    private static async Task<ulong> NamedAsync(ServerKind kind, ClusterMember altered) => kind == ServerKind.Ours ? await IdAsync(altered) : 0;

    private static async Task<ulong> IdAsync(ClusterMember member) => (await member.StatusAsync())!.Header.MemberId;
}
