using Etcd.Raft.Encoding;

namespace Etcd.Raft;

/// <summary>One member's consensus: a state machine that is stepped by its owner and acts only through <see cref="Ready"/>.</summary>
/// <remarks>
/// <para>Not thread-safe: one thread owns it. It has no clock, does no I/O and draws random numbers from the seed in its options, so that the
/// same calls give the same results.</para>
/// <para>The owner calls <see cref="Tick"/>, <see cref="Step"/> and the rest as things happen, and takes a <see cref="Ready"/> while
/// <see cref="HasReady"/>. With asynchronous storage writes it hands the messages to the local threads to a log writer and an applier, each of which
/// works in order, and delivers their responses when the work is done. Without, it does the work itself and calls <see cref="Advance"/>.</para>
/// </remarks>
public sealed class RaftNode
{
    private readonly RaftCore _core;
    private readonly ReadyCycle _ready;

    /// <summary>Creates the node from its stored log.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="InvariantViolationException">The stored state contradicts itself.</exception>
    public RaftNode(RaftOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _core = new RaftCore(options);
        _ready = new ReadyCycle(_core);
    }

    /// <summary>Whether there is anything to take.</summary>
    public bool HasReady => _ready.HasReady;

    /// <summary>The node's state.</summary>
    public RaftStatus Status => StatusReport.Of(_core);

    /// <summary>The leader and role; cheaper than <see cref="Status"/>.</summary>
    public SoftState SoftState => _core.SoftState;

    /// <summary>Current term.</summary>
    public ulong Term => _core.Term;

    /// <summary>Commit index.</summary>
    public ulong Commit => _core.Log.Committed;

    /// <summary>Last index reported as applied.</summary>
    public ulong Applied => _core.Log.Applied;

    /// <summary>Whether the log may hold a configuration change that is not applied yet. A leader logs an empty entry in place of another one
    /// until it is.</summary>
    public bool HasPendingConfChange => _core.Gate.PendingIndex > _core.Log.Applied;

    internal RaftCore Core => _core;

    /// <summary>Lets one tick of the logical clock pass.</summary>
    public void Tick() => _core.Tick();

    /// <summary>Starts an election now, if this member may be elected.</summary>
    public void Campaign() => _core.StartElection();

    /// <summary>Begins a cluster of the given members: their additions become the first entries of the log, in term 1 and committed.
    /// Every member must be begun with the same ones.</summary>
    /// <param name="additions">One <see cref="ConfChangeType.AddNode"/> per member.</param>
    /// <exception cref="InvalidOperationException">The log is not empty.</exception>
    public void Bootstrap(IReadOnlyList<ConfChange> additions)
    {
        ArgumentNullException.ThrowIfNull(additions);
        if (_core.Log.LastIndex != 0)
        {
            throw new InvalidOperationException("a cluster can only be begun with an empty log");
        }

        _core.Bootstrap(additions);
        _ready.ForgetHandedOutHardState();
    }

    /// <summary>Proposes an application entry.</summary>
    /// <param name="data">The payload; must not change any more.</param>
    /// <param name="attachment">Comes back with the committed entry, if this member led when it was proposed.</param>
    public ProposeOutcome Propose(ReadOnlyMemory<byte> data, object? attachment = null) =>
        _core.Proposals.Propose(EntryType.Normal, data, attachment);

    /// <summary>Proposes a change of one member. A leader that may not take it now logs an empty entry in its place.</summary>
    public ProposeOutcome ProposeConfChange(ConfChange change, object? attachment = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _core.Proposals.Propose(EntryType.ConfChange, ConfChangeCodec.Encode(change), attachment);
    }

    /// <summary>Proposes a change of several members, or to leave a joint configuration. A leader that may not take it now logs an
    /// empty entry in its place.</summary>
    public ProposeOutcome ProposeConfChange(ConfChangeV2 change, object? attachment = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _core.Proposals.Propose(EntryType.ConfChangeV2, ConfChangeCodec.Encode(change), attachment);
    }

    /// <summary>Takes in a message from a peer, or a response from the log writer or applier.</summary>
    public StepOutcome Step(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        bool fromLocalThread = message.From is RaftMessage.LocalAppendThread or RaftMessage.LocalApplyThread;
        if (MessageKinds.IsLocal(message.Type) && !fromLocalThread)
        {
            return StepOutcome.LocalMessageFromPeer;
        }

        return MessageKinds.IsResponse(message.Type) && !fromLocalThread && !_core.Members.Contains(message.From)
            ? StepOutcome.UnknownPeer
            : _core.Step(message);
    }

    /// <summary>Asks for a read index. The answer comes as a <see cref="ReadState"/>; it never comes if the request or a message for it is
    /// lost, so ask again after a time.</summary>
    /// <param name="context">Tells this request's answer from others; must not change any more.</param>
    public void ReadIndex(ReadOnlyMemory<byte> context) => _core.Step(new RaftMessage
    {
        Type = MessageType.ReadIndex,
        Entries = new[] { new Entry(0, 0, EntryType.Normal, context) },
    });

    /// <summary>Takes everything there is to do. An empty value if there is nothing.</summary>
    public Ready TakeReady() => _ready.Take();

    /// <summary>Tells that the last <see cref="Ready"/> has been persisted, sent and applied. Not with asynchronous storage writes.</summary>
    /// <exception cref="InvalidOperationException">Storage writes are asynchronous.</exception>
    public void Advance()
    {
        if (_core.Options.AsyncStorageWrites)
        {
            throw new InvalidOperationException("with asynchronous storage writes the responses take the place of Advance");
        }

        _ready.Advance();
    }

    /// <summary>Puts a committed configuration change in force. To be called for each such entry when it is applied; for one the
    /// application refuses, with a change of nothing (member 0).</summary>
    /// <param name="change">The change.</param>
    /// <param name="index">Index of its entry. An entry that was handed out before a snapshot arrived and is applied after it has no
    /// effect: the snapshot's configuration includes it. By default the change always has effect, which is right only where
    /// no snapshot can arrive in between.</param>
    /// <returns>The configuration in force.</returns>
    /// <exception cref="InvariantViolationException">The change does not fit the configuration in force.</exception>
    public ConfState ApplyConfChange(ConfChangeV2 change, ulong index = ulong.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _core.Membership.Apply(change, index);
    }

    /// <summary>Asks for leadership to be handed to a member; a follower passes it on to the leader.</summary>
    public void TransferLeadership(ulong to) => StepLocal(MessageType.TransferLeader, to);

    /// <summary>Whether this member may start elections, by itself or because a leader asks it to. Its owner clears this while the member would be of no
    /// use as leader, for instance because its disk does not answer. It votes all the same.</summary>
    public bool StandsForElection
    {
        get => _core.StandsForElection;
        set => _core.StandsForElection = value;
    }

    /// <summary>Has a leader give up its place in the current term; the others elect another once they have missed its heartbeats. No effect on
    /// a member that does not lead.</summary>
    public void StepDown()
    {
        if (_core.Role == RaftRole.Leader)
        {
            _core.BecomeFollower(_core.Term, leader: 0);
        }
    }

    /// <summary>Makes a follower forget its leader, so that it grants votes at once. No effect on others, nor with lease-based reads.</summary>
    public void ForgetLeader() => StepLocal(MessageType.ForgetLeader, _core.Id);

    /// <summary>Tells a follower that its leader is most likely gone, since its connections have broken. If nothing more is heard of it, the voters start
    /// elections one after the other by their ids, the first right after the shortest time-out, instead of each after a time drawn by lot.</summary>
    /// <remarks>No rule of consensus rests on when an election starts: a leader that is there after all, and heard of, keeps its place. Where the
    /// first member cannot win, the next has its turn two ticks later.</remarks>
    public void ExpectElection() => _core.ExpectElection();

    /// <summary>Tells that the last message to a member could not be sent.</summary>
    public void ReportUnreachable(ulong id) => StepLocal(MessageType.Unreachable, id);

    /// <summary>Tells how sending a snapshot ended. Must be called for each snapshot message: nothing else is sent to the member before.</summary>
    public void ReportSnapshot(ulong id, bool delivered) => StepLocal(MessageType.SnapshotStatus, id, reject: !delivered);

    private void StepLocal(MessageType type, ulong about, bool reject = false) =>
        _core.Step(new RaftMessage { Type = type, From = about, Reject = reject });
}
