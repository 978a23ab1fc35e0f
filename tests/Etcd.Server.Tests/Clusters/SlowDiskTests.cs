using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Clusters;

// The disks of leader and followers work at the same time, and one that is slow holds up nobody but its own member.
public sealed class SlowDiskTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Raft dissertation, section 10.2.1: the leader writes its log in parallel with its followers.
    [Fact]
    public async Task Leader_LogDoesNotAnswer_FollowersHaveWrittenTheEntryMeanwhile()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, static options => options with { ElectionTimeout = TimeSpan.FromSeconds(5) });
        ClusterMember leader = await cluster.LeaderAsync();
        await leader.PutAsync("a", "1");
        var acknowledged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hung = new HungLog(leader.Disk);
        ulong before = leader.Server.Readings.CommittedIndex;
        cluster.Network.Passes = message =>
        {
            if (message.Type == MessageType.AppendResponse && message.Index > before)
            {
                acknowledged.TrySetResult();
            }

            return true;
        };

        // A lone put may be carried by its caller's thread, which then is the one that waits for the disk.
        Task<long> write = Task.Run(() => leader.PutAsync("a", "2"), TestContext.Current.CancellationToken);
        await acknowledged.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        hung.Release();

        await write.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("2", await leader.GetAsync("a"));
    }

    [Fact]
    public async Task Follower_LogDoesNotAnswer_TheOthersGoOnAndItCatchesUp()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember slow = await cluster.FollowerAsync();
        using var hung = new HungLog(slow.Disk);

        for (int i = 0; i < 50; i++)
        {
            await leader.PutAsync("a", $"{i}").WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        hung.Release();
        Assert.Equal("49", await slow.GetAsync("a"));
    }

    // The log's thread waits for the disk; the consensus loop does not, and could send heartbeats for ever.
    [Fact]
    public async Task Leader_LogThreadWaitsForTheDisk_AnotherLeadsAndItComesBack()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember stalled = await cluster.LeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != stalled)];
        using var hung = new HungLog(stalled.Disk, onlyOn: "etcd-log-writer");

        // One write after the other would be carried by their own threads. These fail at the latest when the member stops.
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 8).Select(_ => WriteUntilAsync(stalled, stop.Token))];
        await TestCluster.UntilAsync(() => hung.HasStruck);

        ClusterMember next = await cluster.LeaderAsync(others);
        await stop.CancelAsync();
        await next.PutAsync("b", "1").WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("1", await next.GetAsync("b"));
        await TestCluster.UntilAsync(() => stalled.Server.Readings.Instruments.LogStalls == 1 && !stalled.IsLeader);

        hung.Release();
        await Task.WhenAll(writers).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await cluster.LeaderAsync();
        Assert.Equal("1", await stalled.GetAsync("b"));
        await stalled.PutAsync("c", "1");
    }

    // Here the loop itself writes the log and waits.
    [Fact]
    public async Task Leader_LoopWaitsForTheDisk_AnotherLeadsAndTheStallIsCounted()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3);
        ClusterMember stalled = await cluster.LeaderAsync();
        ClusterMember[] others = [.. cluster.Members.Where(member => member != stalled)];
        using var hung = new HungLog(stalled.Disk);
        Task<long> write = Task.Run(() => stalled.PutAsync("a", "1"), TestContext.Current.CancellationToken);

        ClusterMember next = await cluster.LeaderAsync(others);
        await next.PutAsync("b", "1").WaitAsync(Patience, TestContext.Current.CancellationToken);
        await TestCluster.UntilAsync(() => stalled.Server.Readings.Instruments.LogStalls == 1);

        hung.Release();

        // What it had sent before it wrote may have been committed by the others or not; it may have timed out as well.
        await Record.ExceptionAsync(() => write.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.True(write.IsCompleted);
        await cluster.LeaderAsync();
        Assert.Equal("1", await stalled.GetAsync("b"));
    }

    private static async Task WriteUntilAsync(ClusterMember member, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Run(() => member.PutAsync("a", "1"), CancellationToken.None);
            }
            catch (EtcdException)
            {
                // What waits for the disk times out.
            }
        }
    }

    private sealed class HungLog : IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly SimulatedFileSystem _disk;

        public HungLog(SimulatedFileSystem disk, string? onlyOn = null)
        {
            _disk = disk;
            disk.BeforeOperation = operation =>
            {
                if (operation.Path.EndsWith(".wal", StringComparison.Ordinal)
                    && operation.Kind is DiskOperationKind.Write or DiskOperationKind.Sync
                    && (onlyOn is null || Thread.CurrentThread.Name == onlyOn))
                {
                    HasStruck = true;
                    _released.Wait(Patience);
                }
            };
        }

        public bool HasStruck { get; private set; }

        public void Release()
        {
            _disk.BeforeOperation = null;
            _released.Set();
        }

        public void Dispose() => Release();
    }
}
