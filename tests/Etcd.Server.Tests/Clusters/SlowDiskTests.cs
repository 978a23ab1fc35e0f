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

    private sealed class HungLog : IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly SimulatedFileSystem _disk;

        public HungLog(SimulatedFileSystem disk)
        {
            _disk = disk;
            disk.BeforeOperation = operation =>
            {
                if (operation.Path.EndsWith(".wal", StringComparison.Ordinal) && operation.Kind is DiskOperationKind.Write or DiskOperationKind.Sync)
                {
                    _released.Wait(Patience);
                }
            };
        }

        public void Release()
        {
            _disk.BeforeOperation = null;
            _released.Set();
        }

        public void Dispose() => Release();
    }
}
