using Etcd.Auth;
using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server.Operations;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Clusters;

// A member whose next entries are gone from all logs is sent the whole store (raft paper, section 7).
public sealed class SnapshotTests
{
    private const string SnapshotDirectory = "/data/member/snap";

    [Fact]
    public async Task Follower_FarBehindAfterARestart_IsCaughtUpByASnapshot()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 20, "before");
        await follower.KillAsync();
        await PutManyAsync(cluster, 200, "missed");

        await follower.StartAsync();
        int[] installed = CountInstallations(follower);

        await CaughtUpAsync(cluster, follower);
        Assert.NotEqual(0, installed[0]);
        await AssertAllEqualAsync(cluster);
    }

    [Fact]
    public async Task Follower_CutOffWhileItRuns_ServesReadsThroughTheInstallationAndGoesOnAfterIt()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 20, "before");
        await CaughtUpAsync(cluster, follower);
        int[] installed = CountInstallations(follower);
        using var done = new CancellationTokenSource();
        Task reading = ReadAsync(follower, done.Token);
        cluster.Network.Isolate(follower.Id, cluster.Ids);
        await PutManyAsync(cluster, 200, "missed", except: follower);

        cluster.Network.Heal();

        await CaughtUpAsync(cluster, follower);
        await done.CancelAsync();
        await reading;
        Assert.NotEqual(0, installed[0]);
        await follower.PutAsync("after", "it");
        await AssertAllEqualAsync(cluster);
    }

    [Fact]
    public async Task Follower_InstalledASnapshot_StartsAgainFromIt()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await follower.KillAsync();
        await PutManyAsync(cluster, 100, "missed");
        await follower.StartAsync();
        await CaughtUpAsync(cluster, follower);

        await follower.KillAsync();
        await follower.StartAsync();

        await CaughtUpAsync(cluster, follower);
        await AssertAllEqualAsync(cluster);
        Assert.Equal(3, follower.Server.Cluster.View.Members.Count(member => member.HasStarted));
        Assert.DoesNotContain(follower.Disk.List(SnapshotDirectory), name => name.EndsWith(".snap.db", StringComparison.Ordinal));
    }

    // Incident #18055: two snapshots in short order ended the member.
    [Fact]
    public async Task Follower_LagsAgainAndAgain_InstallsEachTime()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != follower)];
        int[] installed = CountInstallations(follower);
        for (int round = 1; round <= 4; round++)
        {
            cluster.Network.Isolate(follower.Id, cluster.Ids);
            await PutManyAsync(cluster, 60, $"round-{round}", except: follower);

            // Who has sent a snapshot keeps its log for a while; after a restart it has no more than its disk needs.
            foreach (ClusterMember other in others)
            {
                await other.KillAsync();
                await other.StartAsync();
                await cluster.LeaderAsync(others);
            }

            cluster.Network.Heal();
            await CaughtUpAsync(cluster, follower);
        }

        Assert.InRange(installed[0], 4, int.MaxValue);
        await AssertAllEqualAsync(cluster);
    }

    // Incident 3.5.23: a snapshot installed beside a defragmentation corrupted the file.
    [Fact]
    public async Task Follower_DefragmentsAllTheTime_InstallsAndStaysWhole()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 20, "before");
        int[] installed = CountInstallations(follower);
        using var done = new CancellationTokenSource();
        EtcdServer server = follower.Server;
        Task defragmenting = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    server.Maintenance.Defragment();
                }
            },
            TestContext.Current.CancellationToken);
        for (int round = 1; round <= 3; round++)
        {
            cluster.Network.Isolate(follower.Id, cluster.Ids);
            await PutManyAsync(cluster, 60, $"round-{round}", except: follower);
            cluster.Network.Heal();
            await CaughtUpAsync(cluster, follower);
        }

        await done.CancelAsync();
        await defragmenting;
        Assert.NotEqual(0, installed[0]);
        await AssertAllEqualAsync(cluster);
        await follower.KillAsync();
        await follower.StartAsync();
        await CaughtUpAsync(cluster, follower);
        await AssertAllEqualAsync(cluster);
    }

    // Apply waited for a defragmentation that waited for somebody's copy: no write went through until its end.
    [Fact]
    public async Task Leader_DefragmentationWaitsForACopyWhenASnapshotIsWanted_GoesOnAndSendsItAfterwards()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 20, "before");
        int[] installed = CountInstallations(follower);
        cluster.Network.Isolate(follower.Id, cluster.Ids);
        await PutManyAsync(cluster, 60, "missed", except: follower);
        ClusterMember leader = await cluster.LeaderAsync(cluster.Members.Where(member => member != follower));
        BackendSnapshot copy = leader.Server.Maintenance.OpenSnapshot();
        EtcdServer server = leader.Server;
        Task defragmentation = Task.Run(() => server.Maintenance.Defragment(), TestContext.Current.CancellationToken);
        int answers = 0;
        cluster.Network.Passes = message =>
        {
            Interlocked.Add(ref answers, message.From == follower.Id && message.To == leader.Id ? 1 : 0);
            return true;
        };

        // With its first answers the leader learns that the follower needs a snapshot.
        cluster.Network.Heal();
        await TestCluster.UntilAsync(() => Volatile.Read(ref answers) > 10);
        await PutManyAsync(cluster, 10, "meanwhile");
        copy.Dispose();

        await defragmentation;
        await CaughtUpAsync(cluster, follower);
        Assert.NotEqual(0, installed[0]);
        await AssertAllEqualAsync(cluster);
    }

    [Fact]
    public async Task Watcher_OnAFollowerThatIsSentASnapshot_SeesEveryRevisionOnceAndInOrder()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await CaughtUpAsync(cluster, follower);
        long start = follower.Server.Readings.CurrentRevision + 1;
        using WatchStream stream = follower.Server.Watches.OpenStream();
        stream.Create(new WatchSpec { Key = new byte[1], RangeEnd = new byte[1] });
        await PutManyAsync(cluster, 10, "before");
        cluster.Network.Isolate(follower.Id, cluster.Ids);
        await PutManyAsync(cluster, 100, "missed", except: follower);

        cluster.Network.Heal();
        await CaughtUpAsync(cluster, follower);
        await PutManyAsync(cluster, 10, "after");
        await CaughtUpAsync(cluster, follower);

        var revisions = new List<long>();
        while (revisions.Count < 120)
        {
            await stream.WaitAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            while (stream.TryTake(out WatchNotice notice))
            {
                Assert.NotEqual(WatchNoticeKind.Compacted, notice.Kind);
                if (notice.Kind == WatchNoticeKind.Events)
                {
                    revisions.AddRange(notice.Events.ToArray().Select(change => Event.Parser.ParseFrom(change.Span).Kv.ModRevision));
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 120).Select(offset => start + offset), revisions);
    }

    // Incident #14571 in its general form: what apply decides by must come from the snapshot, too.
    [Fact]
    public async Task Follower_InstalledASnapshot_DecidesByTheLeadersLeasesAndAlarms()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 1, "before");
        cluster.Network.Isolate(follower.Id, cluster.Ids);
        ClusterMember leader = await cluster.LeaderAsync(cluster.Members.Where(member => member != follower));
        await leader.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
        await leader.Server.KeyValues.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("leased"), Lease = 7 });
        await RaiseAsync(leader, AlarmType.Nospace);
        for (int i = 0; i < 60; i++)
        {
            await leader.Server.KeyValues.DeleteRangeAsync(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("nothing") });
        }

        int[] installed = CountInstallations(follower);
        cluster.Network.Heal();
        await CaughtUpAsync(cluster, follower);

        Assert.NotEqual(0, installed[0]);
        Assert.Equal([AlarmType.Nospace], follower.Server.Maintenance.Alarms.Select(alarm => alarm.Alarm));
        await leader.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 7 });
        await CaughtUpAsync(cluster, follower);
        await AssertAllEqualAsync(cluster);
    }

    // Incident #14571: users and roles were not read again after a snapshot, and members decided differently.
    [Fact]
    public async Task Follower_InstalledASnapshot_DecidesByTheLeadersUsersAndRoles()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember follower = await cluster.FollowerAsync();
        await PutManyAsync(cluster, 1, "before");
        cluster.Network.Isolate(follower.Id, cluster.Ids);
        ClusterMember leader = await cluster.LeaderAsync(cluster.Members.Where(member => member != follower));
        AuthOperations auth = leader.Server.Auth;
        await auth.AddUserAsync(new AuthUserAddRequest { Name = "root", Password = "secret" }, default, CancellationToken.None);
        await auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, default);
        await auth.EnableAsync(new AuthEnableRequest(), default);
        for (int i = 0; i < 60; i++)
        {
            await leader.Server.Leases.GrantAsync(
                new LeaseGrantRequest { ID = 100 + i, TTL = 600 }, new Caller("root", leader.Server.Access.Rules.Revision));
        }

        int[] installed = CountInstallations(follower);
        cluster.Network.Heal();
        await CaughtUpAsync(cluster, follower);

        Assert.NotEqual(0, installed[0]);
        Assert.True(follower.Server.Access.Rules.IsEnabled);
        Assert.Equal(leader.Server.Access.Rules.Revision, follower.Server.Access.Rules.Revision);
        Assert.Equal(["root"], follower.Server.Access.Rules.Users.Keys);
        await Assert.ThrowsAsync<EtcdException>(() => follower.PutAsync("denied", "1"));
    }

    // The first that a joining member learns is a snapshot.
    [Fact]
    public async Task Start_JoiningACluster_WhoseLogIsGone_InstallsItsSnapshot()
    {
        await using TestCluster cluster = await StartAsync();
        await PutManyAsync(cluster, 100, "before");

        ClusterMember leader = await cluster.LeaderAsync();
        await leader.Server.Cluster.AddAsync(
            new MemberAddRequest { PeerURLs = { TestCluster.UrlOf("m4") } }, TestContext.Current.CancellationToken);
        var initial = new Dictionary<string, IReadOnlyList<string>>(leader.Options.InitialCluster) { ["m4"] = [TestCluster.UrlOf("m4")] };
        var joined = new ClusterMember(
            cluster.Network, Frequently(TestCluster.OptionsOf("m4", initial)) with { JoinsExistingCluster = true });
        int[] installed = CountInstallations(joined);
        await joined.StartAsync();
        cluster.Members.Add(joined);
        await joined.Server.Published.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await CaughtUpAsync(cluster, joined);

        Assert.NotEqual(0, installed[0]);

        Assert.Equal(4, joined.Server.Cluster.View.Members.Count);
        await AssertAllEqualAsync(cluster);
        await joined.KillAsync();
        await joined.StartAsync();
        await CaughtUpAsync(cluster, joined);
        await AssertAllEqualAsync(cluster);
    }

    [Fact]
    public async Task PowerLoss_WhileFollowersInstall_KeepsEveryAcknowledgedWrite()
    {
        await using TestCluster cluster = await StartAsync();
        var random = new Random(3);
        for (int round = 0; round < 6; round++)
        {
            ClusterMember follower = await cluster.FollowerAsync();
            await follower.KillAsync();
            await PutManyAsync(cluster, 60, $"round-{round}");
            int lossAt = random.Next(1, 60);
            await follower.StartAsync();
            int begun = follower.Disk.Steps;
            await TestCluster.UntilAsync(() => follower.Disk.Steps >= begun + lossAt || IsCaughtUp(cluster, follower));
            await follower.LosePowerAsync((ulong)round);

            await follower.StartAsync();

            await CaughtUpAsync(cluster, follower);
            for (int done = 0; done <= round; done++)
            {
                Assert.Equal($"{59}", await follower.GetAsync($"round-{done}-59", serializable: true));
            }
        }

        await AssertAllEqualAsync(cluster);
    }

    private static Task<TestCluster> StartAsync() =>
        TestCluster.StartAsync(3, Frequently);

    private static ServerOptions Frequently(ServerOptions options) =>
        options with { SnapshotCount = 10, SnapshotCatchUpEntries = 5, PeerHealthInterval = TimeSpan.Zero };

    private static async Task PutManyAsync(TestCluster cluster, int count, string prefix, ClusterMember? except = null)
    {
        ClusterMember leader = await cluster.LeaderAsync(cluster.Members.Where(member => member.IsUp && member != except));
        for (int i = 0; i < count; i++)
        {
            await leader.PutAsync($"{prefix}-{i}", $"{i}");
        }
    }

    private static bool IsCaughtUp(TestCluster cluster, ClusterMember follower) => cluster.Members
        .Where(member => member.IsUp)
        .All(member => member.Server.Readings.CurrentRevision <= follower.Server.Readings.CurrentRevision
            && member.Server.Readings.AppliedIndex <= follower.Server.Readings.AppliedIndex);

    private static Task CaughtUpAsync(TestCluster cluster, ClusterMember follower) =>
        TestCluster.UntilAsync(() => IsCaughtUp(cluster, follower));

    private static async Task RaiseAsync(ClusterMember member, AlarmType alarm) => await member.Server.Maintenance.AlarmAsync(
        new AlarmRequest { MemberID = 1, Action = AlarmRequest.Types.AlarmAction.Activate, Alarm = alarm },
        TestContext.Current.CancellationToken);

    private static int[] CountInstallations(ClusterMember member)
    {
        int[] count = new int[1];
        member.Disk.BeforeOperation += operation =>
        {
            if (operation.Kind == DiskOperationKind.Rename && operation.Path.EndsWith(".snap.db", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref count[0]);
            }
        };
        return count;
    }

    private static async Task ReadAsync(ClusterMember member, CancellationToken done)
    {
        long seen = 0;
        while (!done.IsCancellationRequested)
        {
            var request = new RangeRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), Serializable = true };
            Assert.True(member.Server.KeyValues.TryRange(request, out RangeReply? taken));
            using RangeReply reply = taken;
            RangeResponse all = reply.ToMessage();
            Assert.True(reply.Revision >= seen);
            seen = reply.Revision;

            // Every key is new, so each revision has one more.
            Assert.Equal(all.Count, all.Kvs.Count);
            Assert.Equal(reply.Revision, all.Kvs.Count == 0 ? 1 : all.Kvs.Max(pair => pair.ModRevision));
            Assert.Equal(reply.Revision - 1, all.Count);
            await Task.Yield();
        }
    }

    private static async Task AssertAllEqualAsync(TestCluster cluster)
    {
        ClusterMember leader = await cluster.LeaderAsync();
        foreach (ClusterMember member in cluster.Members)
        {
            await CaughtUpAsync(cluster, member);
        }

        long revision = leader.Server.Readings.CurrentRevision;
        HashKVResponse expected = leader.Server.Maintenance.HashByRevision(new HashKVRequest { Revision = revision });
        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Equal(expected.Hash, member.Server.Maintenance.HashByRevision(new HashKVRequest { Revision = revision }).Hash);
        }
    }
}
