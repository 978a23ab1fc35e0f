using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Leases;

namespace Etcd.Server.Consensus;

/// <summary>Where proposals go: a leader's into its log, another member's to the leader, and aside while there is nobody to take them.
/// Owned by the consensus loop.</summary>
/// <remarks>As callers of etcd expect, a proposal without a leader waits for one up to its own deadline, and so does one that meets a leader
/// which is handing over. A configuration change waits, on the leader, for the one before it to be applied; raft would log an empty entry in
/// its place, and the caller would find out by the time-out. What gathers in one turn travels to the leader in one message.</remarks>
internal sealed class ProposalRouter
{
    /// <summary>Own proposals that may wait for a leader.</summary>
    private const int ParkedMax = 50_000;

    /// <summary>Messages with proposals of other members that may wait for a leader; as many as etcd's.</summary>
    private const int ParkedOfPeersMax = 4_096;

    /// <summary>Bytes after which a message to the leader is full.</summary>
    private const int ForwardedBytesMax = 1024 * 1024;

    private readonly RaftNode _node;
    private readonly ForwardedRequests _forwarded;
    private readonly RevokesUnderWay _revokes;
    private readonly Action<PendingRequest, EtcdErrorCode> _refuse;
    private readonly List<PendingRequest> _gathered = [];
    private readonly List<PendingRequest> _leaving = [];
    private readonly Queue<PendingRequest> _parked = new();
    private readonly Queue<(RaftMessage Message, long Deadline)> _parkedOfPeers = new();
    private readonly TimeProvider _time;
    private readonly long _timeoutTimestamps;

    internal ProposalRouter(
        RaftNode node,
        ForwardedRequests forwarded,
        RevokesUnderWay revokes,
        Action<PendingRequest, EtcdErrorCode> refuse,
        TimeProvider time,
        TimeSpan requestTimeout)
    {
        _time = time;
        _timeoutTimestamps = (long)(requestTimeout.TotalSeconds * time.TimestampFrequency);
        _node = node;
        _forwarded = forwarded;
        _revokes = revokes;
        _refuse = refuse;
    }

    private bool IsLeader => _node.SoftState.Role == RaftRole.Leader;

    /// <summary>Takes a proposal of this member; it goes with the next <see cref="Flush"/>.</summary>
    internal void Add(PendingRequest request) => _gathered.Add(request);

    /// <summary>Takes proposals of another member, which takes this one for the leader. If there is none they wait for one as long as a request may
    /// take: by then nobody waits for their replies.</summary>
    internal void TakeFromPeer(RaftMessage message) => TakeFromPeer(message, deadline: null);

    private void TakeFromPeer(RaftMessage message, long? deadline)
    {
        bool mustWait = IsLeader && _node.HasPendingConfChange && ChangesConfiguration(message);
        if (IsLeader)
        {
            _revokes.Proposing(message.Entries.Span);
        }
        else if (message.From != message.To)
        {
            // Passed on in this member's name: whoever proposed them may have left the cluster by then, and the leader would answer this member as one
            // that was removed, with a word that ends it.
            message = new RaftMessage { Type = MessageType.Propose, To = message.To, From = message.To, Entries = message.Entries };
        }

        if ((mustWait || _node.Step(message) == StepOutcome.ProposalDropped) && _parkedOfPeers.Count < ParkedOfPeersMax)
        {
            _parkedOfPeers.Enqueue((message, deadline ?? _time.GetTimestamp() + _timeoutTimestamps));
        }
    }

    /// <summary>Sends what has gathered on its way.</summary>
    internal void Flush()
    {
        if (_gathered.Count == 0)
        {
            return;
        }

        if (IsLeader)
        {
            foreach (PendingRequest request in _gathered)
            {
                Settle(request, ProposeAsLeader(request));
            }
        }
        else
        {
            Forward();
        }

        _gathered.Clear();
    }

    /// <summary>Tries again what waits, once there may be somebody to take it.</summary>
    internal void Retry()
    {
        while (_parked.TryPeek(out PendingRequest? request))
        {
            // Deadlines are in order of arrival, so those that gave up stand at the head.
            if (!request.IsAnswered)
            {
                if (_node.SoftState.Leader == 0)
                {
                    return;
                }

                _gathered.Add(request);
            }

            _parked.Dequeue();
        }

        Flush();
        if (_parkedOfPeers.Count > 0)
        {
            RetryOfPeers();
        }
    }

    private void RetryOfPeers()
    {
        // In order of arrival, so those whose time is up stand at the head.
        long now = _time.GetTimestamp();
        while (_parkedOfPeers.TryPeek(out (RaftMessage Message, long Deadline) oldest) && oldest.Deadline <= now)
        {
            _parkedOfPeers.Dequeue();
        }

        for (int left = _node.SoftState.Leader == 0 ? 0 : _parkedOfPeers.Count; left > 0; left--)
        {
            (RaftMessage message, long deadline) = _parkedOfPeers.Dequeue();
            TakeFromPeer(message, deadline);
        }
    }

    private static bool ChangesConfiguration(RaftMessage message)
    {
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            if (entry.Type != EntryType.Normal)
            {
                return true;
            }
        }

        return false;
    }

    // What is bound to a term is proposed by that term's leader or not at all (incident #15247: a paused old leader revoked leases).
    private bool IsOutOfTerm(PendingRequest request) =>
        request.OnlyInTerm != 0 && (!IsLeader || request.OnlyInTerm != _node.Term);

    private ProposeOutcome ProposeAsLeader(PendingRequest request)
    {
        if (IsOutOfTerm(request))
        {
            return ProposeOutcome.ForwardingDisabled;
        }

        if (request.Change is not null && _node.HasPendingConfChange)
        {
            Park(request);
            return ProposeOutcome.Accepted;
        }

        if (request.Change is { } change)
        {
            return _node.ProposeConfChange(change, request);
        }

        // Here and not where the request came in: it may have waited through an election, at the end of which the set is empty.
        _revokes.Proposing(request.Request as InternalRaftRequest);
        return _node.Propose(request.Encoded, request);
    }

    private void Settle(PendingRequest request, ProposeOutcome outcome)
    {
        switch (outcome)
        {
            case ProposeOutcome.Accepted:
                return;
            case ProposeOutcome.ForwardingDisabled:
                _refuse(request, EtcdErrorCode.NotLeader);
                return;
            case ProposeOutcome.TooMuchUncommitted:
                _refuse(request, EtcdErrorCode.TooManyRequests);
                return;
            default:
                Park(request);
                return;
        }
    }

    private void Park(PendingRequest request)
    {
        if (_parked.Count < ParkedMax + (Urgency.IsUrgent(request) ? Urgency.ReservedPlaces : 0))
        {
            _parked.Enqueue(request);
        }
        else
        {
            _refuse(request, EtcdErrorCode.TooManyRequests);
        }
    }

    private void Forward()
    {
        int bytes = 0;
        foreach (PendingRequest request in _gathered)
        {
            if (IsOutOfTerm(request))
            {
                _refuse(request, EtcdErrorCode.NotLeader);
                continue;
            }

            if (request.IsAnswered)
            {
                // Its time was over before it could leave; nobody waits for it.
                continue;
            }

            _leaving.Add(request);
            bytes += request.Encoded.Length;
            if (bytes >= ForwardedBytesMax)
            {
                ForwardLeaving();
                bytes = 0;
            }
        }

        ForwardLeaving();
    }

    private void ForwardLeaving()
    {
        if (_leaving.Count == 0)
        {
            return;
        }

        var entries = new Entry[_leaving.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            EntryType type = _leaving[i].Change is null ? EntryType.Normal : EntryType.ConfChange;
            entries[i] = new Entry(0, 0, type, _leaving[i].Encoded);
        }

        if (_node.Step(new RaftMessage { Type = MessageType.Propose, Entries = entries }) == StepOutcome.Processed)
        {
            _forwarded.Add(_leaving);

            // Whose time ran out meanwhile was not there yet to be taken out.
            foreach (PendingRequest request in _leaving)
            {
                if (request.IsAnswered)
                {
                    _forwarded.Remove(request);
                }
            }
        }
        else
        {
            _leaving.ForEach(Park);
        }

        _leaving.Clear();
    }
}
