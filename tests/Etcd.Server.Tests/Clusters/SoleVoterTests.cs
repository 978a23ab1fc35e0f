using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Etcd.Raft;

using Google.Protobuf;

namespace Etcd.Server.Tests.Clusters;

// A leader that is the only voter answers reads without asking anybody. It may, as long as nothing was acknowledged that it has not applied.
public sealed class SoleVoterTests
{
    // The removed voter has applied, and acknowledged to its client, what the one that is left has still to apply.
    [Fact]
    public async Task Read_RemovedVoterHasAcknowledgedWhatIsNotAppliedHere_WaitsForIt()
    {
        await using TestCluster cluster = await TestCluster.StartHoldingAsync(2, "etcd-apply");
        ClusterMember leader = await cluster.LeaderAsync();
        ClusterMember removed = await cluster.FollowerAsync();
        Func<ulong> removal = IndexWhenSent(cluster, IsChange);
        Func<ulong> write = IndexWhenSent(cluster, static entry => entry.Data.Span.IndexOf("written"u8) >= 0);
        leader.Holding!.Hold();
        removed.Holding!.Hold();
        Task change = leader.Server.Proposals.ProposeAsync(new ConfChange(ConfChangeType.RemoveNode, removed.Id)).AsTask();
        await CommittedAsync(removal, leader);
        Task<long> put = removed.PutAsync("written", "1");
        await CommittedAsync(write, leader, removed);
        removed.Holding.Release();
        await put;

        leader.Holding.ReleaseThrough(static item => item is RaftMessage message && message.Entries.ToArray().Any(IsChange));
        await change;
        await LoopHasTurnedAsync(leader);

        Assert.False(TryRead(leader, "written"));
        Task<string?> read = leader.GetAsync("written");
        leader.Holding.Release();
        Assert.Equal("1", await read);
        await TestCluster.UntilAsync(() => TryRead(leader, "written"));
    }

    // The learner that is promoted has applied its promotion, and acknowledged a write, which the only voter there was has committed alone.
    [Fact]
    public async Task Read_PromotedLearnerHasAcknowledgedWhatIsNotAppliedHere_WaitsForIt()
    {
        await using TestCluster cluster = await TestCluster.StartHoldingAsync(1, "etcd-apply");
        ClusterMember leader = cluster.Members[0];
        ClusterMember learner = await cluster.AddAsync("m2", via: leader, isLearner: true);
        await TestCluster.UntilAsync(() => TryRead(leader, "written"));

        leader.Holding!.Hold();
        Task promotion = leader.Server.Proposals.ProposeAsync(TestCluster.Promotion(learner.Id)).AsTask();
        await TestCluster.UntilAsync(() => !learner.Server.IsLearner);
        await learner.PutAsync("written", "1");
        await LoopHasTurnedAsync(leader);

        Assert.False(TryRead(leader, "written"));
        Task<string?> read = leader.GetAsync("written");
        leader.Holding.Release();
        Assert.Equal("1", await read);
        await promotion;
    }

    private static bool IsChange(Entry entry) => entry.Type == EntryType.ConfChange;

    /// <summary>Index of the first such entry that is sent from now on; 0 until then.</summary>
    private static Func<ulong> IndexWhenSent(TestCluster cluster, Func<Entry, bool> isWanted)
    {
        ulong index = 0;
        Func<RaftMessage, bool> passes = cluster.Network.Passes;
        cluster.Network.Passes = message =>
        {
            foreach (Entry entry in message.Entries.ToArray())
            {
                if (message.Type == MessageType.Append && isWanted(entry))
                {
                    Interlocked.CompareExchange(ref index, entry.Index, 0);
                }
            }

            return passes(message);
        };
        return () => Volatile.Read(ref index);
    }

    private static Task CommittedAsync(Func<ulong> index, params ClusterMember[] members) => TestCluster.UntilAsync(
        () => index() is var wanted and not 0 && members.All(member => member.Server.Readings.CommittedIndex >= wanted));

    // The status is told in a turn of its own: whatever was taken before it is done, and who leads in what way has been published.
    private static Task LoopHasTurnedAsync(ClusterMember member) => member.Server.Readings.RaftStatusAsync();

    /// <summary>Whether the member answers a linearizable read by itself.</summary>
    private static bool TryRead(ClusterMember member, string key)
    {
        bool isAnswered = member.Server.KeyValues.TryRange(new RangeRequest { Key = ByteString.CopyFromUtf8(key) }, out RangeReply? reply);
        reply?.Dispose();
        return isAnswered;
    }
}
