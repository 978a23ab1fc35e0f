using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;
using Etcd.Server.Leases;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>The consensus loop: sole owner of the raft node. Each turn takes all input that has gathered, then hands out what the node
/// wants persisted, sent and applied.</summary>
internal sealed class RaftLoop : IDisposable
{
    /// <summary>Inputs above which callers are told that there are too many requests.</summary>
    private const int InboxMax = 50_000;

    /// <summary>Messages of other members that may wait; more are lost, as on a wire that is too slow. As many as etcd's.</summary>
    private const int PeerMessagesMax = 8_192;

    /// <summary>Turns in which a sole voter has a proposal written, applied and reported.</summary>
    private const int TurnsOfProposal = 3;

    /// <summary>Turns in which a member has a message written, applied and reported.</summary>
    private const int TurnsOfMessage = 3;

    private readonly ulong _id;
    private readonly RaftNode _node;
    private readonly LogTail _tail;
    private readonly AppendPace _pace;
    private readonly ReadIndexRounds _reads;
    private readonly ProposalRouter _router;
    private readonly StallStepDown _stallStepDown;
    private readonly InputPace _inputs = new();
    private readonly RaftOutput _output;
    private readonly Pump<RaftInput> _pump;
    private readonly TimeProvider _time;
    private readonly ConsensusLog _events;
    private readonly Execution _execution;
    private readonly Action<Exception> _fault;

    private ConfState _configuration;
    private ulong _applied;
    private ulong _appliedTerm;
    private ulong _commitIndex;
    private ulong _committedAtSwitch;
    private int _peerMessages;
    private volatile LeadershipView _leadership = LeadershipView.None;

    internal RaftLoop(
        ulong id,
        RaftNode node,
        LogTail tail,
        ConfState configuration,
        StallStepDown stallStepDown,
        ForwardedRequests forwarded,
        RevokesUnderWay revokes,
        RequestIdGenerator ids,
        TimeProvider time,
        ConsensusLog events,
        ServerInstruments instruments,
        TimeSpan requestTimeout,
        Execution execution,
        Action<Exception> fault)
    {
        _id = id;
        _node = node;
        _tail = tail;
        _configuration = configuration;
        _stallStepDown = stallStepDown;
        _time = time;
        _events = events;
        _execution = execution;
        _pace = new AppendPace(time);
        _reads = new ReadIndexRounds(node, ids, time, instruments, events) { RequestTimeout = requestTimeout };
        _router = new ProposalRouter(node, forwarded, revokes, Refuse, time, requestTimeout);
        _fault = fault;
        _output = new RaftOutput(
            tail,
            messages => Sending?.Invoke(messages),
            receiver => Post(new RaftInput(RaftInputKind.SnapshotLost, Number: receiver)));
        _pump = execution.CreatePump<RaftInput>("etcd-consensus", InboxMax, Turn, Failed, _output.PrepareLogAhead);
    }

    /// <summary>Told, on the loop's thread, when leadership changed.</summary>
    internal event Action<LeadershipView>? LeadershipChanged;

    /// <summary>Told, on the loop's thread, what is about to be sent to other members.</summary>
    internal event Action<IReadOnlyList<RaftMessage>>? Sending;

    /// <summary>Told, on the loop's thread, when a tick has been taken.</summary>
    internal event Action? TickTaken;

    /// <summary>Told, on the loop's thread, when a proposal was refused.</summary>
    internal event Action? ProposalRefused;

    /// <summary>Sends a snapshot in answer to raft's message, which names the receiver and stands for a snapshot at least as new; its end is
    /// told by <see cref="RaftInputKind.SnapshotDelivered"/> or <see cref="RaftInputKind.SnapshotLost"/>. Called on the loop's thread.</summary>
    internal Action<RaftMessage>? SendSnapshot
    {
        get => _output.SendSnapshot;
        set => _output.SendSnapshot = value;
    }

    /// <summary>Who leads; safe on any thread.</summary>
    internal LeadershipView Leadership => _leadership;

    /// <summary>Highest committed index; safe on any thread, may lag by a turn.</summary>
    internal ulong CommitIndex => Volatile.Read(ref _commitIndex);

    /// <summary>Names who persists, who applies and who carries messages, then starts the thread.</summary>
    internal void Start(LogWriter logWriter, Applier applier, IPeerTransport peers)
    {
        _output.Start(logWriter, applier, peers);
        _pump.Start();
    }

    /// <summary>Tells the loop something that must not be lost.</summary>
    internal void Post(RaftInput input) => _pump.Post(input);

    /// <summary>Tells the loop something a caller can be refused.</summary>
    internal bool TryPost(RaftInput input) => _pump.TryPost(input);

    /// <summary>Gives the loop a proposal, unless too many wait.</summary>
    /// <remarks>
    /// While proposals come one at a time, the caller's own thread carries them: through raft, and on a sole voter to the disk, the state and
    /// back, so that a lone writer waits for no thread to wake up. As soon as some have gathered the loop's thread takes them together: one
    /// sync for all. It also takes what comes while the log has to be prepared, since it does that next.
    /// </remarks>
    internal bool TryPropose(PendingRequest request)
    {
        var input = new RaftInput(RaftInputKind.Propose, request);
        int reservedPlaces = Urgency.IsUrgent(request) ? Urgency.ReservedPlaces : 0;
        if (!_inputs.HasLoneProposals || !_output.IsLogReady)
        {
            return _pump.TryPost(input, reservedPlaces);
        }

        request.CarriedByThread = Environment.CurrentManagedThreadId;
        bool isServed = _pump.TryServeHere(input, TurnsOfProposal);
        request.CarriedByThread = 0;
        return isServed || _pump.TryPost(input, reservedPlaces);
    }

    /// <summary>Gives the loop a message of another member, unless too many wait already.</summary>
    /// <remarks>As with proposals, the thread that brings a lone message carries it: a follower's through the disk to the acknowledgement, a
    /// leader's through the commit to the replies.</remarks>
    internal bool TryReceive(RaftMessage message)
    {
        var input = new RaftInput(RaftInputKind.Message, message);
        if (Interlocked.Increment(ref _peerMessages) <= PeerMessagesMax && (TryCarry(input, message) || _pump.TryPost(input)))
        {
            return true;
        }

        Interlocked.Decrement(ref _peerMessages);
        return false;
    }

    private bool TryCarry(in RaftInput input, RaftMessage message)
    {
        bool isWrite = message.Type == MessageType.Append && !message.Entries.IsEmpty;
        bool isAlone = (!_leadership.IsLeader || _inputs.IsQuiet || _inputs.HasLoneProposals)
            && _output.IsLogReady
            && (!isWrite || _pace.IsAlone());
        if (!isAlone || !_pump.TryServeHere(input, TurnsOfMessage))
        {
            return false;
        }

        if (isWrite)
        {
            _pace.Carried();
        }

        return true;
    }

    /// <summary>Takes a read that is to be confirmed, unless too many wait. As with proposals, the caller's thread carries a lone one: it asks
    /// the others by itself. Who asks only who leads keeps a lease alive, and does not stand back behind reads of keys.</summary>
    internal bool TryRead(ReadWaiter waiter)
    {
        var input = new RaftInput(RaftInputKind.Read, waiter);
        return (_inputs.IsQuiet && _pump.TryServeHere(input, TurnsOfMessage))
            || _pump.TryPost(input, waiter.NeedsApplied ? 0 : Urgency.ReservedPlaces);
    }

    /// <summary>Raft's own view of itself, with the progress of all members if this one leads.</summary>
    internal Task<RaftStatus> StatusAsync()
    {
        var answer = new TaskCompletionSource<RaftStatus>(_execution.Completions);
        if (!_pump.TryPost(new RaftInput(RaftInputKind.Status, answer)))
        {
            throw new EtcdException(IsStopped ? EtcdErrorCode.Stopped : EtcdErrorCode.TooManyRequests);
        }

        return answer.Task;
    }

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

    // On the loop's thread. Nobody turns any more: whoever waits for a turn is told so at once.
    private void Failed(Exception failure)
    {
        var stopped = new EtcdException(EtcdErrorCode.Stopped);
        foreach (RaftInput input in _pump.Unhandled)
        {
            (input.Payload as ReadWaiter)?.Fail(stopped);
            (input.Payload as TaskCompletionSource<RaftStatus>)?.TrySetException(stopped);
        }

        _reads.Close();
        _fault(failure);
    }

    private bool IsLeader => _node.SoftState.Role == RaftRole.Leader;

    private bool AmSoleVoter =>
        _configuration.VotersOutgoing.Count == 0 && _configuration.Voters.Count == 1 && _configuration.Voters[0] == _id;

    // For a leader that is the only voter. Until an entry of its term is applied, entries acknowledged in an earlier life may wait; until it has come as
    // far as the commit index stood when the last change came into force, entries that a voter removed by then has acknowledged. And while a change is
    // on its way, a learner may have applied its promotion before this member does, and acknowledge what this member alone has committed. The change
    // is seen here in the turn that logs it, which is before it can be committed.
    private bool HasAppliedWhatOthersMayAcknowledge =>
        _appliedTerm == _node.Term && _applied >= _committedAtSwitch && !_node.HasPendingConfChange;

    private void Turn(List<RaftInput> inputs)
    {
        _inputs.BeginTurn();
        foreach (RaftInput input in inputs)
        {
            Take(input);
        }

        _inputs.EndInputs();
        _router.Flush();
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

        _output.Send();

        // An answer may name an index that was applied long ago: it is looked at every turn, not only when more is applied.
        _reads.Release(_applied);
        UpdateLeadership();
        Volatile.Write(ref _commitIndex, _node.Commit);
    }

    private void Take(in RaftInput input)
    {
        _inputs.Take(input.Kind);
        switch (input.Kind)
        {
            case RaftInputKind.Propose:
                _inputs.TakeProposals(1);
                _router.Add((PendingRequest)input.Payload!);
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
                Interlocked.Decrement(ref _peerMessages);
                TakeMessage((RaftMessage)input.Payload!);
                break;
            case RaftInputKind.SwitchConfiguration:
                Switch((ConfigurationSwitch)input.Payload!);
                break;
            case RaftInputKind.Tick:
                TakeTicks(Math.Max(1, input.Number));
                break;
            case RaftInputKind.Unreachable:
                TakeUnreachable(input.Number);
                break;
            case RaftInputKind.SnapshotDelivered or RaftInputKind.SnapshotLost:
                _tail.SnapshotEnded(delivered: input.Kind == RaftInputKind.SnapshotDelivered);
                _node.ReportSnapshot(input.Number, input.Kind == RaftInputKind.SnapshotDelivered);
                break;
            case RaftInputKind.TransferLeadership:
                _node.TransferLeadership(input.Number);
                break;
            case RaftInputKind.Status:
                ((TaskCompletionSource<RaftStatus>)input.Payload!).SetResult(_node.Status);
                break;
            default:
                throw new InvalidOperationException($"unknown input {input.Kind}");
        }
    }

    private void Switch(ConfigurationSwitch change)
    {
        _configuration = _node.ApplyConfChange(change.Change, change.Index);

        // Who was a voter until now may have applied and acknowledged all that is committed; from here on nothing more is sent to it.
        _committedAtSwitch = _node.Commit;
        change.Complete(_configuration);
    }

    private void TakeMessage(RaftMessage message)
    {
        if (message.Type == MessageType.ReadIndex && !IsLeader)
        {
            // Not passed on in the name of a member that may have left meanwhile: it asks again, and then the one that leads.
            return;
        }

        if (message.Type != MessageType.Propose)
        {
            _node.Step(message);
            return;
        }

        _inputs.TakeProposals(message.Entries.Length);
        try
        {
            _router.TakeFromPeer(message);
        }
        catch (ProtoFormatException damage)
        {
            // A configuration change that cannot be read: nothing of it is in the log, and whoever sent it waits for its time-out.
            _events.UnreadableProposal(message.From, damage.Message);
        }
    }

    private void TakeUnreachable(ulong member)
    {
        _output.MayBeLost(member);
        _node.ReportUnreachable(member);
        if (member == _node.SoftState.Leader)
        {
            // A leader whose connections break is mostly one whose process has ended: its followers know at once.
            _node.ExpectElection();
        }
    }

    private void TakeTicks(ulong count)
    {
        _stallStepDown.Tick();
        for (; count > 0; count--)
        {
            _node.Tick();
        }

        _output.Ticked();
        TickTaken?.Invoke();
        _reads.Tick(_time.GetTimestamp());

        // A hand-over of leadership that came to nothing is told by nobody.
        _router.Retry();
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
        _output.Persisted(message);
        if (message.Snapshot is { } snapshot)
        {
            _configuration = snapshot.Metadata.ConfState;
            _applied = Math.Max(_applied, snapshot.Metadata.Index);
        }

        Deliver(message.Responses);
    }

    private void TakeApplied(RaftMessage message)
    {
        Entry last = message.Entries.Span[^1];
        _appliedTerm = last.Term;
        _applied = Math.Max(_applied, last.Index);
        Deliver(message.Responses);
        _tail.Applied(last.Index, _configuration);
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
                _output.Add(response);
            }
        }
    }

    private void HandOut(Ready ready)
    {
        if (ready.SoftState is { } state)
        {
            OnSoftState(state);
        }

        _reads.Take(ready.ReadStates);
        foreach (RaftMessage message in ready.Messages)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    // A leader's followers write while it does: what is for them leaves first.
                    _output.Send();

                    // While its inbox is empty this thread has nothing better to do than to write the log itself. A sole voter need not look:
                    // nobody's answer can arrive.
                    _output.Persist(message, hasTime: AmSoleVoter || _pump.IsEmpty);
                    break;
                case RaftMessage.LocalApplyThread:
                    _output.Apply(message, anyRequest: AmSoleVoter);
                    break;
                default:
                    _output.Add(message);
                    break;
            }
        }
    }

    private void OnSoftState(SoftState state)
    {
        if (state.Leader != 0 && state.Leader != _leadership.Leader)
        {
            _reads.LeaderChanged();
        }

        UpdateLeadership();
        if (state.Leader != 0)
        {
            _router.Retry();
        }
    }

    private void UpdateLeadership()
    {
        bool isSoleVoter = IsLeader && AmSoleVoter && HasAppliedWhatOthersMayAcknowledge;
        LeadershipView known = _leadership;
        SoftState state = _node.SoftState;
        if (known.Term == _node.Term && known.Leader == state.Leader && known.IsLeader == IsLeader && known.IsSoleVoter == isSoleVoter)
        {
            return;
        }

        var view = new LeadershipView(_node.Term, state.Leader, IsLeader, isSoleVoter);
        _leadership = view;
        if (known.Leader != view.Leader || known.IsLeader != view.IsLeader)
        {
            _events.LeadershipChanged(_id, known, view);
        }

        LeadershipChanged?.Invoke(view);
    }
}
