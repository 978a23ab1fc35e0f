using Etcd.Raft;
using Etcd.Server.Consensus;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Composition;

/// <summary>The consensus core as a member of a cluster runs it.</summary>
internal static class MemberNode
{
    private const ulong UncommittedBytesMax = 1UL << 30;
    private const ulong CommittedBytesPerReadyMax = 16UL << 20;
    private const int InflightMessagesMax = 512;

    /// <summary>Begins with the log and the snapshot the member starts from.</summary>
    internal static RaftNode Create(MemberContext context)
    {
        ServerOptions options = context.Options;
        ulong id = context.Member.MemberId;
        return new RaftNode(options.ConsensusOptions(new RaftOptions
        {
            Id = id,
            ElectionTicks = options.ElectionTicks,
            HeartbeatTicks = 1,
            Storage = context.Member.Log,
            Applied = context.Member.Snapshot.Metadata.Index,
            AsyncStorageWrites = true,
            UncommittedBytesMax = UncommittedBytesMax,
            CommittedBytesPerReadyMax = CommittedBytesPerReadyMax,
            InflightMessagesMax = InflightMessagesMax,
            CheckQuorum = true,
            PreVote = options.PreVote,
            Seed = options.Seed ^ id,
            Observer = new RaftEventLog(id, context.Loggers.CreateLogger<RaftNode>()),
        }));
    }
}
