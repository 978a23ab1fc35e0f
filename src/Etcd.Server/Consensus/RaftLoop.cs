using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>The consensus loop: sole owner of the raft node. Each turn takes all input that has gathered, then hands out what the node
/// wants persisted, sent and applied.</summary>
internal sealed class RaftLoop : IDisposable
{
    /// <summary>Inputs above which callers are told that there are too many requests.</summary>
    private const int InboxMax = 50_000;

    private readonly ulong _id;
    private readonly RaftNode _node;
    private readonly MemoryLog _log;
    private readonly ulong _catchUpEntries;
    private readonly IPeerTransport _peers;
    private readonly ReadIndexRounds _reads;
    private readonly Queue<PendingRequest> _parked = new();
    private readonly List<RaftMessage> _outgoing = [];
    private readonly Pump<RaftInput> _pump;
    private readonly TimeProvider _time;
    private readonly ConsensusLog _events;
    private readonly Execution _execution;

    private LogWriter? _logWriter;
    private Applier? _applier;
    private ConfState _configuration;
    private ulong _applied;
    private ulong _appliedTerm;
    private ulong _commitIndex;
    private volatile LeadershipView _leadership = LeadershipView.None;

    internal RaftLoop(
        ulong id,
        RaftNode node,
        MemoryLog log,
        ConfState configuration,
        ulong catchUpEntries,
        IPeerTransport peers,
        TimeProvider time,
        ConsensusLog events,
        Execution execution,
        Action<Exception> fault)
    {
        _id = id;
        _node = node;
        _log = log;
        _configuration = configuration;
        _catchUpEntries = catchUpEntries;
        _peers = peers;
        _time = time;
        _events = events;
        _execution = execution;
        _reads = new ReadIndexRounds(node);
        _pump = execution.CreatePump<RaftInput>("etcd-consensus", InboxMax, Turn, fault, PrepareLogAhead);
    }

    /// <summary>Told, on the loop's thread, when leadership changed.</summary>
    internal event Action<LeadershipView>? LeadershipChanged;

    /// <summary>Told, on the loop's thread, when a tick has been taken.</summary>
    internal event Action? TickTaken;

    /// <summary>Told, on the loop's thread, when a proposal was refused.</summary>
    internal event Action? ProposalRefused;

    /// <summary>Who leads; safe on any thread.</summary>
    internal LeadershipView Leadership => _leadership;

    /// <summary>Highest committed index; safe on any thread, may lag by a turn.</summary>
    internal ulong CommitIndex => Volatile.Read(ref _commitIndex);

    /// <summary>Names who persists and who applies, then starts the thread.</summary>
    internal void Start(LogWriter logWriter, Applier applier)
    {
        _logWriter = logWriter;
        _applier = applier;
        _pump.Start();
    }

    /// <summary>Tells the loop something that must not be lost.</summary>
    internal void Post(RaftInput input) => _pump.Post(input);

    /// <summary>Tells the loop something a caller can be refused.</summary>
    internal bool TryPost(RaftInput input) => _pump.TryPost(input);

    /// <summary>Whether the loop takes nothing more: it was stopped, or has failed. Safe on any thread.</summary>
    internal bool IsStopped => _pump.IsStopping;

    /// <summary>Ends the loop after what was posted.</summary>
    internal void Stop()
    {
        _pump.Stop();
        _reads.Close();
    }

    /// <inheritdoc />
    public void Dispose() => _pump.Dispose();

    private bool AmSoleVoter =>
        _configuration.VotersOutgoing.Count == 0 && _configuration.Voters.Count == 1 && _configuration.Voters[0] == _id;

    private void Turn(List<RaftInput> inputs)
    {
        foreach (RaftInput input in inputs)
        {
            Take(input);
        }

        if (_node.SoftState.Role == RaftRole.Follower && AmSoleVoter)
        {
            // There is nobody to wait for: an election cannot be lost.
            _node.Campaign();
        }

        _reads.StartIfWanted(_node.SoftState.Leader);
        while (_node.HasReady)
        {
            HandOut(_node.TakeReady());
        }

        // An answer may name an index that was applied long ago: it is looked at every turn, not only when more is applied.
        _reads.Release(_applied);
        UpdateLeadership();
        Volatile.Write(ref _commitIndex, _node.Commit);
    }

    private void Take(in RaftInput input)
    {
        switch (input.Kind)
        {
            case RaftInputKind.Propose:
                Propose((PendingRequest)input.Payload!);
                break;
            case RaftInputKind.Persisted:
                TakePersisted((RaftMessage)input.Payload!);
                break;
            case RaftInputKind.Applied:
                TakeApplied((RaftMessage)input.Payload!);
                break;
            case RaftInputKind.Read:
                _reads.Add((ReadWaiter)input.Payload!);
                break;
            case RaftInputKind.Message:
                _node.Step((RaftMessage)input.Payload!);
                break;
            case RaftInputKind.SwitchConfiguration:
                var change = (ConfigurationSwitch)input.Payload!;
                _configuration = _node.ApplyConfChange(change.Change, change.Index);
                change.Complete(_configuration);
                break;
            case RaftInputKind.Tick:
                _node.Tick();
                TickTaken?.Invoke();
                _reads.Tick(_time.GetTimestamp());
                ForgetAnsweredParked();
                break;
            default:
                throw new InvalidOperationException($"unknown input {input.Kind}");
        }
    }

    private void Propose(PendingRequest request)
    {
        switch (_node.Propose(request.Encoded, request))
        {
            case ProposeOutcome.Accepted:
                return;
            case ProposeOutcome.NoLeader when _parked.Count < InboxMax:
                // It waits for a leader, up to its own deadline, as callers of etcd expect.
                _parked.Enqueue(request);
                return;
            default:
                Refuse(request, EtcdErrorCode.TooManyRequests);
                return;
        }
    }

    // Deadlines are in order of arrival, so those that gave up stand at the head.
    private void ForgetAnsweredParked()
    {
        while (_parked.TryPeek(out PendingRequest? request) && request.IsAnswered)
        {
            _parked.Dequeue();
        }
    }

    private void Refuse(PendingRequest request, EtcdErrorCode code)
    {
        ProposalRefused?.Invoke();
        var refusal = new ReplyBatch();
        refusal.Add(request, null, new EtcdException(code));
        refusal.Deliver(_execution);
    }

    private void TakePersisted(RaftMessage message)
    {
        if (!message.Entries.IsEmpty)
        {
            _log.Append(message.Entries.Span);
        }

        Deliver(message.Responses);
    }

    private void TakeApplied(RaftMessage message)
    {
        Entry last = message.Entries.Span[^1];
        _appliedTerm = last.Term;
        _applied = last.Index;

        // The entries stay for members that lag behind; the requests and replies that travelled with them would stay with them.
        _log.ReleaseAttachments(last.Index);
        Deliver(message.Responses);

        // Cutting the log's head copies its tail, so it happens once in a while and not with every entry.
        if ((last.Index - _log.FirstIndex) / 2 > _catchUpEntries)
        {
            _log.Compact(last.Index - _catchUpEntries);
        }
    }

    private void Deliver(IReadOnlyList<RaftMessage> responses)
    {
        foreach (RaftMessage response in responses)
        {
            if (response.To == _id)
            {
                _node.Step(response);
            }
            else
            {
                _outgoing.Add(response);
            }
        }
    }

    private void HandOut(Ready ready)
    {
        _reads.Take(ready.ReadStates);
        foreach (RaftMessage message in ready.Messages)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    Persist(message);
                    break;
                case RaftMessage.LocalApplyThread:
                    Apply(message);
                    break;
                default:
                    _outgoing.Add(message);
                    break;
            }
        }

        if (_outgoing.Count > 0)
        {
            _peers.Send(_outgoing);
            _outgoing.Clear();
        }

        if (ready.SoftState is { Leader: not 0 })
        {
            ProposeParked();
        }
    }

    // A sole voter has nothing to do while its disk syncs: nobody else's acknowledgement could arrive meanwhile, and what clients
    // propose gathers for the next sync. So the loop syncs by itself and saves two hand-overs a write.
    private void Persist(RaftMessage message)
    {
        if (!AmSoleVoter || !_logWriter!.TryPersistHere(message))
        {
            _logWriter!.Post(new LogWork(message, null));
        }
    }

    private bool PrepareLogAhead() => AmSoleVoter && _logWriter!.PrepareAhead();

    private void Apply(RaftMessage message)
    {
        if (!AmSoleVoter || !_applier!.TryApplyHere(message))
        {
            _applier!.Post(message);
        }
    }

    private void ProposeParked()
    {
        for (int left = _parked.Count; left > 0; left--)
        {
            PendingRequest request = _parked.Dequeue();
            if (!request.IsAnswered)
            {
                Propose(request);
            }
        }
    }

    private void UpdateLeadership()
    {
        bool isLeader = _node.SoftState.Role == RaftRole.Leader;

        // Alone is not enough: until an entry of this term has been applied, entries acknowledged in an earlier life may still wait.
        bool isSoleVoter = isLeader && AmSoleVoter && _appliedTerm == _node.Term;
        LeadershipView known = _leadership;
        if (known.Term == _node.Term && known.Leader == _node.SoftState.Leader && known.IsLeader == isLeader && known.IsSoleVoter == isSoleVoter)
        {
            return;
        }

        var view = new LeadershipView(_node.Term, _node.SoftState.Leader, isLeader, isSoleVoter);
        _leadership = view;
        if (known.Leader != view.Leader || known.IsLeader != view.IsLeader)
        {
            _events.LeadershipChanged(_id, known, view);
        }

        LeadershipChanged?.Invoke(view);
    }
}
