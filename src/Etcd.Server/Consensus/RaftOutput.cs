using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Apply;

namespace Etcd.Server.Consensus;

/// <summary>Where what the raft node hands out goes: messages to the other members, entries to the log, committed entries to apply. Owned by the
/// consensus loop.</summary>
/// <param name="tail">The log in memory.</param>
/// <param name="sending">Told what is about to be sent to other members.</param>
/// <param name="snapshotNotSent">Told of a snapshot that nobody sends, by its receiver's id.</param>
internal sealed class RaftOutput(LogTail tail, Action<IReadOnlyList<RaftMessage>> sending, Action<ulong> snapshotNotSent)
{
    private readonly Outgoing _outgoing = new();
    private LogWriter? _logWriter;
    private Applier? _applier;
    private IPeerTransport? _peers;
    private int _writesUnderWay;

    /// <summary>Sends a snapshot in answer to raft's message.</summary>
    internal Action<RaftMessage>? SendSnapshot { get; set; }

    /// <summary>Whether the log would write at once; one that is being written would be waited for. Any thread.</summary>
    internal bool IsLogReady => Volatile.Read(ref _writesUnderWay) == 0 && _logWriter is { IsReady: true };

    /// <summary>Names who persists, who applies and who carries messages.</summary>
    internal void Start(LogWriter logWriter, Applier applier, IPeerTransport peers)
    {
        _logWriter = logWriter;
        _applier = applier;
        _peers = peers;
    }

    /// <summary>Takes a message for another member; it leaves with the next <see cref="Send"/>.</summary>
    internal void Add(RaftMessage message)
    {
        if (message.Type == MessageType.Snapshot)
        {
            Ship(message);
        }
        else
        {
            _outgoing.Add(message);
        }
    }

    /// <summary>A member may not have got what was sent to it.</summary>
    internal void MayBeLost(ulong member) => _outgoing.MayBeLost(member);

    /// <summary>A tick has been taken: what was held back may leave.</summary>
    internal void Ticked() => _outgoing.ReleaseHeld();

    /// <summary>Sends what has gathered.</summary>
    internal void Send()
    {
        if (_outgoing.Messages.Count > 0)
        {
            sending(_outgoing.Messages);
            _peers!.Send(_outgoing.Messages);
            _outgoing.Clear();
        }
    }

    /// <summary>Has a message's entries and state made durable.</summary>
    /// <param name="message">The message.</param>
    /// <param name="hasTime">Whether the loop's thread may write the log itself, which saves two hand-overs a write: what clients propose and members
    /// answer meanwhile gathers for the next turn. When there is more to do, the log writer overlaps with it.</param>
    internal void Persist(RaftMessage message, bool hasTime)
    {
        _writesUnderWay++;
        if (!hasTime || !_logWriter!.TryPersistHere(message))
        {
            _logWriter!.Post(new LogWork(message, null));
        }
    }

    /// <summary>A message's content is durable.</summary>
    internal void Persisted(RaftMessage message)
    {
        _writesUnderWay--;
        tail.Persisted(message);
    }

    /// <summary>Does ahead of time what later writes would wait for, unless the log writer is at work: this thread would wait for its sync.</summary>
    internal bool PrepareLogAhead() => _writesUnderWay == 0 && _logWriter!.TryPrepareAhead();

    /// <summary>Has committed entries applied. Small work is cheaper than the hand-over to the apply thread.</summary>
    /// <param name="message">The entries.</param>
    /// <param name="anyRequest">Whether the loop's thread may apply what may take any time; while others wait for its heartbeats it takes only what is
    /// quick for certain.</param>
    internal void Apply(RaftMessage message, bool anyRequest)
    {
        if (!_applier!.TryApplyHere(message, anyRequest))
        {
            _applier!.Post(message);
        }
    }

    private void Ship(RaftMessage message)
    {
        tail.SnapshotBegan();
        if (SendSnapshot is { } send)
        {
            send(message);
        }
        else
        {
            snapshotNotSent(message.To);
        }
    }
}
