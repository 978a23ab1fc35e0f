using System.Threading.Channels;

using Etcd.Raft;

namespace Etcd.Peer.Tests.Real;

/// <summary>The least a member can be: it votes for whoever asks, takes every entry, and acknowledges it.</summary>
internal sealed class VotingFollower : IPeerReceiver
{
    private readonly Channel<(RaftMessage Message, long DatabaseBytes)> _snapshots = Channel.CreateUnbounded<(RaftMessage, long)>();
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>();
    private readonly Lock _lock = new();
    private ulong _lastIndex;

    /// <summary>What messages it answers by; set once, before any arrives.</summary>
    public IPeerTransport? Transport { get; set; }

    /// <summary>Whether appends are taken; one that does not take them is behind and needs a snapshot.</summary>
    public bool TakesAppends { get; set; } = true;

    public ChannelReader<Entry> Entries => _entries.Reader;

    public ChannelReader<(RaftMessage Message, long DatabaseBytes)> Snapshots => _snapshots.Reader;

    public bool TryReceive(RaftMessage message)
    {
        RaftMessage? answer;
        lock (_lock)
        {
            answer = AnswerTo(message);
        }

        if (answer is not null)
        {
            Transport!.Send([answer]);
        }

        return true;
    }

    public async Task ReceiveSnapshotAsync(RaftMessage message, Stream database, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        await database.CopyToAsync(file, cancellationToken);
        lock (_lock)
        {
            _lastIndex = message.Snapshot!.Metadata.Index;
            TakesAppends = true;
        }

        _snapshots.Writer.TryWrite((message, file.Length));
        Transport!.Send([Answer(message, MessageType.AppendResponse, _lastIndex)]);
    }

    public bool IsRemoved(ulong memberId) => false;

    public void ReportUnreachable(ulong memberId)
    {
        // Raft would pause; this one only answers.
    }

    public void ReportSnapshot(ulong memberId, bool delivered)
    {
        // It sends none.
    }

    public void OnSelfRemoved(ulong reportedBy) => throw new InvalidOperationException("nobody removes this member");

    private static RaftMessage Answer(RaftMessage message, MessageType type, ulong index = 0, bool reject = false, ulong hint = 0) => new()
    {
        Type = type,
        From = message.To,
        To = message.From,
        Term = message.Term,
        Index = index,
        Reject = reject,
        RejectHint = hint,
        Context = type == MessageType.HeartbeatResponse ? message.Context : default,
    };

    private RaftMessage? AnswerTo(RaftMessage message)
    {
        switch (message.Type)
        {
            case MessageType.PreVote:
                return Answer(message, MessageType.PreVoteResponse);
            case MessageType.Vote:
                return Answer(message, MessageType.VoteResponse);
            case MessageType.Heartbeat:
                return Answer(message, MessageType.HeartbeatResponse);
            case MessageType.Append when !TakesAppends || message.Index > Math.Max(_lastIndex, Founders):
                return Answer(message, MessageType.AppendResponse, message.Index, reject: true, hint: _lastIndex);
            case MessageType.Append:
                Take(message.Entries.Span);
                return Answer(message, MessageType.AppendResponse, Math.Max(_lastIndex, message.Index));
            default:
                return null;
        }
    }

    // All founders write the same first entries: one for each.
    private const ulong Founders = 2;

    private void Take(ReadOnlySpan<Entry> entries)
    {
        foreach (ref readonly Entry entry in entries)
        {
            _lastIndex = entry.Index;
            _entries.Writer.TryWrite(entry);
        }
    }
}
