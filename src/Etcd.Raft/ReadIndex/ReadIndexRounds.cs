using System.Buffers.Binary;

namespace Etcd.Raft;

/// <summary>Read-index requests (raft thesis, section 6.4): a leader answers with its commit index once it has made sure
/// that it was still leader after the request came; a follower asks the leader.</summary>
/// <remarks>
/// A leader numbers rounds. A request rides on a round whose heartbeats are sent after it came, and is answered when a
/// quorum has answered a heartbeat of that round or a later one. The number is the leader's own, not the
/// requester's context: so a request repeated with the same context, after a time-out or a leader change, never profits from
/// answers to its predecessor. An answer of an earlier term has a lower term and never gets here.
/// </remarks>
internal sealed class ReadIndexRounds(RaftCore core) : IAcknowledgedIndexes
{
    // Without a quorum requests only gather; who asks beyond this must ask again.
    private const int WaitingMax = 65_536;

    private readonly Queue<Waiting> _waiting = new();
    private readonly List<Request> _postponed = [];
    private List<ReadState> _answers = [];

    // Number of the newest round; of the one not yet begun while requests wait for Flush.
    private ulong _round;
    private bool _roundDue;

    private readonly record struct Request(ulong From, ReadOnlyMemory<byte> Context);

    private readonly record struct Waiting(Request Request, ulong Round, ulong Index);

    public bool HasAnswers => _answers.Count > 0;

    /// <summary>Context for the next heartbeat: the newest round, while somebody waits for it.</summary>
    public ReadOnlyMemory<byte> PendingContext
    {
        get
        {
            if (_waiting.Count == 0)
            {
                return default;
            }

            byte[] context = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(context, _round);
            return context;
        }
    }

    /// <inheritdoc />
    public ulong AcknowledgedBy(ulong id) =>
        id == core.Id ? _round : core.Members.Find(id)?.AcknowledgedReadRound ?? 0;

    /// <summary>A new term or role: who waits must ask again.</summary>
    public void Reset()
    {
        _waiting.Clear();
        _postponed.Clear();
        _round = 0;
        _roundDue = false;
    }

    /// <summary>Takes this member's own answers.</summary>
    public IReadOnlyList<ReadState> TakeAnswers()
    {
        if (_answers.Count == 0)
        {
            return [];
        }

        List<ReadState> answers = _answers;
        _answers = [];
        return answers;
    }

    /// <summary>Leader: takes a request, its own or a follower's.</summary>
    public void OnRequest(RaftMessage message)
    {
        if (!HasOneContext(message))
        {
            return;
        }

        if (_waiting.Count + _postponed.Count >= WaitingMax)
        {
            core.Observer?.Observe(new ReadIndexDropped(core.Term));
            return;
        }

        var request = new Request(message.From, message.Entries.Span[0].Data);
        if (core.HasCommittedInTerm)
        {
            Begin(in request);
        }
        else
        {
            // The predecessors may have committed and acknowledged more than this leader knows of yet.
            _postponed.Add(request);
        }
    }

    /// <summary>Leader: the commit index has moved.</summary>
    public void OnCommitted()
    {
        if (_postponed.Count == 0 || !core.HasCommittedInTerm)
        {
            return;
        }

        foreach (Request request in _postponed)
        {
            Begin(in request);
        }

        _postponed.Clear();
    }

    /// <summary>Leader: a member has answered a heartbeat, and so took it for its leader when it did.</summary>
    public void OnHeartbeatAnswered(Progress member, ReadOnlySpan<byte> context)
    {
        if (context.Length != sizeof(ulong))
        {
            return;
        }

        ulong round = Math.Min(BinaryPrimitives.ReadUInt64BigEndian(context), _round);
        member.AcknowledgedReadRound = Math.Max(member.AcknowledgedReadRound, round);
        AnswerConfirmed();
    }

    /// <summary>Leader: begins the round that requests have gathered for.</summary>
    public void Flush()
    {
        if (_roundDue)
        {
            _roundDue = false;
            core.Replicator.BroadcastHeartbeat();

            // In a joint configuration of one and the same voter nobody else will answer.
            AnswerConfirmed();
        }
    }

    /// <summary>Follower: asks the leader.</summary>
    public void Forward(RaftMessage message)
    {
        if (core.Leader == 0)
        {
            core.Observer?.Observe(new ReadIndexDropped(core.Term));
            return;
        }

        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.ReadIndex,
            To = core.Leader,
            From = message.From == 0 ? core.Id : message.From,
            Entries = message.Entries,
        });
    }

    /// <summary>Follower: the leader has answered.</summary>
    public void OnResponse(RaftMessage response)
    {
        if (HasOneContext(response))
        {
            _answers.Add(new ReadState(response.Index, response.Entries.Span[0].Data));
        }
    }

    private void Begin(in Request request)
    {
        ulong index = core.Log.Committed;
        bool decidesAlone = core.Members.Voters.IsSingleton && core.Members.Voters.Contains(core.Id);
        if (decidesAlone || core.Options.ReadOnlyOption == ReadOnlyOption.LeaseBased)
        {
            Answer(request, index);
            return;
        }

        // All requests until Flush share one round, whose heartbeats are yet to be sent.
        if (!_roundDue)
        {
            _round++;
            _roundDue = true;
        }

        _waiting.Enqueue(new Waiting(request, _round, index));
        if (!core.Options.CoalesceSends)
        {
            Flush();
        }
    }

    private void AnswerConfirmed()
    {
        ulong confirmed = core.Members.Voters.CommittedIndex(this);
        while (_waiting.TryPeek(out Waiting oldest) && oldest.Round <= confirmed)
        {
            _waiting.Dequeue();
            Answer(oldest.Request, oldest.Index);
        }
    }

    private void Answer(in Request request, ulong index)
    {
        if (request.From == 0 || request.From == core.Id)
        {
            _answers.Add(new ReadState(index, request.Context));
            return;
        }

        core.Outbox.Send(new RaftMessage
        {
            Type = MessageType.ReadIndexResponse,
            To = request.From,
            From = core.Id,
            Term = core.Term,
            Index = index,
            Entries = new[] { new Entry(0, 0, EntryType.Normal, request.Context) },
        });
    }

    private bool HasOneContext(RaftMessage message)
    {
        if (message.Entries.Length == 1)
        {
            return true;
        }

        core.Observer?.Observe(new ReadIndexMalformed(message.From, message.Entries.Length));
        return false;
    }
}
