using System.Globalization;
using System.Text;
using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>Raft values in the form the scripts print them.</summary>
internal static class RaftText
{
    public static string Id(ulong id) => id switch
    {
        0 => "None",
        RaftMessage.LocalAppendThread => "AppendThread",
        RaftMessage.LocalApplyThread => "ApplyThread",
        _ => id.ToString("x", CultureInfo.InvariantCulture),
    };

    public static string Of(MessageType type) => type switch
    {
        MessageType.Campaign => "MsgHup",
        MessageType.Beat => "MsgBeat",
        MessageType.Propose => "MsgProp",
        MessageType.Append => "MsgApp",
        MessageType.AppendResponse => "MsgAppResp",
        MessageType.Vote => "MsgVote",
        MessageType.VoteResponse => "MsgVoteResp",
        MessageType.Snapshot => "MsgSnap",
        MessageType.Heartbeat => "MsgHeartbeat",
        MessageType.HeartbeatResponse => "MsgHeartbeatResp",
        MessageType.Unreachable => "MsgUnreachable",
        MessageType.SnapshotStatus => "MsgSnapStatus",
        MessageType.CheckQuorum => "MsgCheckQuorum",
        MessageType.TransferLeader => "MsgTransferLeader",
        MessageType.TimeoutNow => "MsgTimeoutNow",
        MessageType.ReadIndex => "MsgReadIndex",
        MessageType.ReadIndexResponse => "MsgReadIndexResp",
        MessageType.PreVote => "MsgPreVote",
        MessageType.PreVoteResponse => "MsgPreVoteResp",
        MessageType.StorageAppend => "MsgStorageAppend",
        MessageType.StorageAppendResponse => "MsgStorageAppendResp",
        MessageType.StorageApply => "MsgStorageApply",
        MessageType.StorageApplyResponse => "MsgStorageApplyResp",
        MessageType.ForgetLeader => "MsgForgetLeader",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static string Of(Ready ready)
    {
        if (ready.IsEmpty)
        {
            return "<empty Ready>";
        }

        var text = new StringBuilder($"Ready MustSync={(ready.MustSync ? "true" : "false")}:\n");
        if (ready.SoftState is { } soft)
        {
            text.Append(CultureInfo.InvariantCulture, $"Lead:{soft.Leader} State:State{soft.Role}\n");
        }

        if (!ready.HardState.IsEmpty)
        {
            text.Append($"HardState {Of(ready.HardState)}\n");
        }

        if (!ready.Entries.IsEmpty)
        {
            text.Append("Entries:\n").Append(Lines(ready.Entries));
        }

        if (ready.Snapshot is not null)
        {
            text.Append($"Snapshot {Of(ready.Snapshot)}\n");
        }

        if (!ready.CommittedEntries.IsEmpty)
        {
            text.Append("CommittedEntries:\n").Append(Lines(ready.CommittedEntries));
        }

        if (ready.Messages.Count > 0)
        {
            text.Append("Messages:\n").Append(string.Concat(ready.Messages.Select(m => Of(m) + "\n")));
        }

        return text.ToString();
    }

    public static string Of(HardState state)
    {
        string vote = state.Vote == 0 ? "" : $" Vote:{state.Vote}";
        return $"Term:{state.Term}{vote} Commit:{state.Commit}";
    }

    public static string Of(RaftMessage message, bool withResponses = true, string indent = "")
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{indent}{Id(message.From)}->{Id(message.To)} {Of(message.Type)} ");
        text.Append(CultureInfo.InvariantCulture, $"Term:{message.Term} Log:{message.LogTerm}/{message.Index}");
        if (message.Reject)
        {
            text.Append(CultureInfo.InvariantCulture, $" Rejected (Hint: {message.RejectHint})");
        }

        if (message.Commit != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" Commit:{message.Commit}");
        }

        if (message.Vote != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" Vote:{message.Vote}");
        }

        if (message.Entries.Length == 1)
        {
            text.Append($" Entries:[{Of(message.Entries.Span[0])}]");
        }
        else if (message.Entries.Length > 1)
        {
            text.Append(" Entries:[");
            text.Append(string.Concat(message.Entries.ToArray().Select(e => $"\n{indent}  {Of(e)}")));
            text.Append($"\n{indent}]");
        }

        if (message.Snapshot is { IsEmpty: false })
        {
            text.Append($"\n{indent}  Snapshot: {Of(message.Snapshot)}");
        }

        if (withResponses && message.Responses.Count > 0)
        {
            text.Append(" Responses:[");
            text.Append(string.Concat(message.Responses.Select(r => "\n" + Of(r, withResponses: true, indent + "  "))));
            text.Append($"\n{indent}]");
        }

        return text.ToString();
    }

    public static string Of(Entry entry) => entry.Type switch
    {
        EntryType.Normal => $"{entry.Term}/{entry.Index} EntryNormal {Quote(entry.Data.Span)}",
        EntryType.ConfChange => $"{entry.Term}/{entry.Index} EntryConfChange" + Ops(ConfChangeCodec.ReadConfChange(entry.Data).ToV2()),
        _ => $"{entry.Term}/{entry.Index} EntryConfChangeV2" + Ops(ConfChangeCodec.ReadConfChangeV2(entry.Data)),
    };

    public static string Lines(ReadOnlyMemory<Entry> entries) => string.Concat(entries.ToArray().Select(e => Of(e) + "\n"));

    public static string Of(Snapshot snapshot)
    {
        ConfState conf = snapshot.Metadata.ConfState;
        return $"Index:{snapshot.Metadata.Index} Term:{snapshot.Metadata.Term} ConfState:Voters:{List(conf.Voters)} "
            + $"VotersOutgoing:{List(conf.VotersOutgoing)} Learners:{List(conf.Learners)} "
            + $"LearnersNext:{List(conf.LearnersNext)} AutoLeave:{(conf.AutoLeave ? "true" : "false")}";
    }

    public static string Of(ConfState conf)
    {
        var text = new StringBuilder($"voters={Set(conf.Voters)}");
        if (conf.VotersOutgoing.Count > 0)
        {
            text.Append($"&&{Set(conf.VotersOutgoing)}");
        }

        if (conf.Learners.Count > 0)
        {
            text.Append($" learners={Set(conf.Learners)}");
        }

        if (conf.LearnersNext.Count > 0)
        {
            text.Append($" learners_next={Set(conf.LearnersNext)}");
        }

        return text.Append(conf.AutoLeave ? " autoleave" : "").ToString();
    }

    public static string Of(MemberProgress progress)
    {
        var text = new StringBuilder($"State{progress.State} match={progress.Match} next={progress.Next}");
        text.Append(progress.IsLearner ? " learner" : "");
        text.Append(progress.IsPaused ? " paused" : "");
        text.Append(progress.PendingSnapshot > 0 ? $" pendingSnap={progress.PendingSnapshot}" : "");
        text.Append(progress.RecentlyActive ? "" : " inactive");
        text.Append(progress.InflightMessages > 0 ? $" inflight={progress.InflightMessages}" : "");
        text.Append(progress.InflightMessages > 0 && progress.IsInflightFull ? "[full]" : "");
        return text.ToString();
    }

    public static string Of(ConfChangeV2 change)
    {
        IEnumerable<string> changes = change.Changes.Select(c => $"{{ConfChange{c.Type} {c.NodeId}}}");
        IEnumerable<string> context = change.Context.ToArray().Select(b => b.ToString(CultureInfo.InvariantCulture));
        return $"{{ConfChangeTransition{change.Transition} [{string.Join(' ', changes)}] [{string.Join(' ', context)}]}}";
    }

    /// <summary>Reads changes written as <c>v1 l2 r3 u4</c>.</summary>
    public static IReadOnlyList<ConfChangeSingle> ParseChanges(string input) =>
    [
        .. input.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => new ConfChangeSingle(
            word[0] switch
            {
                'v' => ConfChangeType.AddNode,
                'l' => ConfChangeType.AddLearnerNode,
                'r' => ConfChangeType.RemoveNode,
                'u' => ConfChangeType.UpdateNode,
                _ => throw new FormatException($"unknown change {word}"),
            },
            ulong.Parse(word[1..], CultureInfo.InvariantCulture))),
    ];

    private static string Ops(ConfChangeV2 change) => string.Concat(change.Changes.Select(c => c.Type switch
    {
        ConfChangeType.AddNode => $" v{c.NodeId}",
        ConfChangeType.AddLearnerNode => $" l{c.NodeId}",
        ConfChangeType.RemoveNode => $" r{c.NodeId}",
        _ => $" u{c.NodeId}",
    }));

    private static string List(IReadOnlyList<ulong> ids) => $"[{string.Join(' ', ids)}]";

    private static string Set(IReadOnlyList<ulong> ids) => $"({string.Join(' ', ids)})";

    private static string Quote(ReadOnlySpan<byte> data) =>
        $"\"{System.Text.Encoding.UTF8.GetString(data).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
