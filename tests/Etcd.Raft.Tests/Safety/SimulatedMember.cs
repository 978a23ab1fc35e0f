using System.Buffers.Binary;
using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Safety;

/// <summary>A member with a disk that loses unfinished writes in a crash, and a state machine that hashes what it applies.</summary>
internal sealed class SimulatedMember : IRaftObserver
{
    private readonly SafetyChecker _checker;
    private readonly SimulatedFaults _faults;
    private readonly Func<SimulatedMember, RaftOptions> _options;
    private readonly Queue<RaftMessage> _appendWork = new();
    private readonly Queue<RaftMessage> _applyWork = new();
    private readonly Dictionary<ulong, ulong> _reads = [];
    private ulong _applied;
    private ulong _state;
    private ConfState _conf = ConfState.Empty;
    private ulong _commitSeen;
    private ulong _nextRead;

    public SimulatedMember(ulong id, SafetyChecker checker, SimulatedFaults faults, Func<SimulatedMember, RaftOptions> options)
    {
        Id = id;
        _checker = checker;
        _faults = faults;
        _options = options;
    }

    public ulong Id { get; }

    /// <summary>What is on disk.</summary>
    public MemoryLog Disk { get; } = new();

    /// <summary>The running node; <see langword="null"/> after a crash.</summary>
    public RaftNode? Node { get; private set; }

    public int Starts { get; private set; }

    public ulong Applied => _applied;

    public bool HasAppendWork => _appendWork.Count > 0;

    public bool HasApplyWork => _applyWork.Count > 0;

    private bool IsAsync => _options(this).AsyncStorageWrites;

    public void Start()
    {
        Starts++;
        RestoreState(Disk.Snapshot);
        _commitSeen = _applied;
        Node = new RaftNode(_options(this) with { Applied = _applied });
    }

    /// <summary>Stops at once. Of the writes under way some reach the disk, but nobody is told.</summary>
    public void Crash(int writesThatReachTheDisk)
    {
        for (int i = 0; i < writesThatReachTheDisk && _appendWork.TryDequeue(out RaftMessage? work); i++)
        {
            Persist(work.HardState, work.Entries, work.Snapshot);
        }

        Node = null;
        _appendWork.Clear();
        _applyWork.Clear();
        _reads.Clear();
    }

    public void AskForReadIndex()
    {
        byte[] context = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(context, ++_nextRead);
        _reads.Add(_nextRead, _checker.CommittedMax);
        Node!.ReadIndex(context);
    }

    /// <summary>Takes a Ready and does or queues its work.</summary>
    public void HandleReady(Action<RaftMessage> send)
    {
        Ready ready = Node!.TakeReady();
        CheckAppended(ready.Entries);
        CheckReads(ready.ReadStates);
        if (!IsAsync)
        {
            Persist(ready.HardState, ready.Entries, ready.Snapshot);
        }

        foreach (RaftMessage message in ready.Messages)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    AcknowledgeEarly(message, send);
                    _appendWork.Enqueue(message);
                    break;
                case RaftMessage.LocalApplyThread:
                    _applyWork.Enqueue(message);
                    break;
                case var _ when message.Type == MessageType.Snapshot:
                    send(WithNewestState(message));
                    break;
                default:
                    send(WithFault(message));
                    break;
            }
        }

        if (!IsAsync)
        {
            InstallSnapshot(ready.Snapshot);
            Apply(ready.CommittedEntries);
            Node.Advance();
        }
    }

    public void WriteLog(Action<RaftMessage> send)
    {
        RaftMessage work = _appendWork.Dequeue();
        Persist(work.HardState, work.Entries, work.Snapshot);
        InstallSnapshot(work.Snapshot);
        Deliver(work.Responses, send);
    }

    public void Apply(Action<RaftMessage> send)
    {
        RaftMessage work = _applyWork.Dequeue();
        Apply(work.Entries);
        Deliver(work.Responses, send);
    }

    public void Step(RaftMessage message) => Node!.Step(message);

    /// <summary>Makes a snapshot of what is applied, and drops the entries it covers but for a few.</summary>
    public void Compact(ulong keep)
    {
        byte[] state = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(state, _state);
        ulong index = Math.Min(_applied, Disk.LastIndex);
        if (index == _applied && Disk.CreateSnapshot(index, _conf, state) is not null && index > keep)
        {
            Disk.Compact(index - keep);
        }
    }

    /// <summary>Reports newly committed entries; to be called after everything that may commit.</summary>
    public void CheckCommitted()
    {
        if (Node is not null && Node.Commit > _commitSeen)
        {
            _checker.OnCommitted(Id, Node.Term, _commitSeen + 1, Node.Commit, Node.Core.Log);
            _commitSeen = Node.Commit;
        }
    }

    public void Observe(RaftEvent raftEvent)
    {
        if (raftEvent is BecameLeader leader)
        {
            _checker.OnBecameLeader(Id, leader.Term, Node!.Core.Log);
        }
    }

    private static ulong Hash(ulong state, in Entry entry)
    {
        ulong hash = (state ^ entry.Term) * 0x100000001B3;
        hash = (hash ^ (ulong)entry.Type) * 0x100000001B3;
        foreach (byte value in entry.Data.Span)
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        return hash;
    }

    /// <summary>Puts the present state in place of the stored snapshot, which may be older than the receiver's membership.</summary>
    private RaftMessage WithNewestState(RaftMessage message)
    {
        Compact(keep: ulong.MaxValue);
        return new RaftMessage
        {
            Type = message.Type,
            To = message.To,
            From = message.From,
            Term = message.Term,
            Snapshot = Disk.Snapshot,
        };
    }

    private void AcknowledgeEarly(RaftMessage work, Action<RaftMessage> send)
    {
        if (_faults.HasFlag(SimulatedFaults.AnswersBeforeSync))
        {
            Deliver([.. work.Responses.Where(r => r.To != Id)], send);
        }
    }

    private void Persist(HardState state, ReadOnlyMemory<Entry> entries, Snapshot? snapshot)
    {
        if (snapshot is not null)
        {
            Disk.ApplySnapshot(snapshot);
        }

        if (!state.IsEmpty)
        {
            Disk.SetHardState(state);
        }

        Disk.Append(entries.Span);
    }

    private void Deliver(IReadOnlyList<RaftMessage> responses, Action<RaftMessage> send)
    {
        foreach (RaftMessage response in responses)
        {
            if (response.To == Id)
            {
                Node!.Step(response);
            }
            else
            {
                send(WithFault(response));
            }
        }
    }

    private RaftMessage WithFault(RaftMessage message) =>
        _faults.HasFlag(SimulatedFaults.GrantsEveryVote) && message is { Type: MessageType.VoteResponse, Reject: true }
            ? new RaftMessage { Type = message.Type, To = message.To, From = message.From, Term = message.Term }
            : message;

    private void InstallSnapshot(Snapshot? snapshot)
    {
        if (snapshot is not null && snapshot.Metadata.Index > _applied)
        {
            RestoreState(snapshot);
            _checker.OnApplied(Id, _applied, _state);
        }
    }

    private void RestoreState(Snapshot snapshot)
    {
        _applied = snapshot.Metadata.Index;
        _conf = snapshot.Metadata.ConfState;
        _state = snapshot.Data.Length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(snapshot.Data.Span) : 0;
    }

    private void Apply(ReadOnlyMemory<Entry> entries)
    {
        foreach (Entry entry in entries.Span)
        {
            if (entry.Index <= _applied)
            {
                // Handed out before a snapshot that was installed since.
                continue;
            }

            if (entry.Index != _applied + 1)
            {
                throw new SafetyViolationException($"member {Id} was to apply {entry.Index} after {_applied}");
            }

            _applied = entry.Index;
            _state = Hash(_state, in entry);
            _checker.OnApplied(Id, _applied, _state);
            if (entry.Type != EntryType.Normal)
            {
                _conf = Node!.ApplyConfChange(ConfChangeCodec.ReadConfChangeV2(entry.Data), entry.Index);
            }
        }
    }

    private void CheckAppended(ReadOnlyMemory<Entry> entries)
    {
        ReadOnlySpan<Entry> span = entries.Span;
        for (int i = 0; i < span.Length; i++)
        {
            ulong? previous = i > 0 ? span[i - 1].Term
                : Node!.Core.Log.TryGetTerm(span[i].Index - 1, out ulong term) ? term
                : null;
            _checker.OnAppended(Id, in span[i], previous);
        }
    }

    private void CheckReads(IReadOnlyList<ReadState> reads)
    {
        foreach (ReadState read in reads)
        {
            ulong number = BinaryPrimitives.ReadUInt64LittleEndian(read.Context.Span);
            if (_reads.Remove(number, out ulong committedWhenAsked))
            {
                _checker.OnRead(Id, committedWhenAsked, read.Index);
            }
        }
    }
}
