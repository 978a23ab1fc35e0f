using Etcd.Raft.Encoding;

namespace Etcd.Raft;

/// <summary>One member's state and the parts that act on it.</summary>
/// <remarks>
/// Owns term, vote, role and leader, and is the only place that changes them. What a message does is decided by its term
/// (<see cref="TermGate"/>), then by the class of the role. All parts run on the owner's thread.
/// </remarks>
internal sealed class RaftCore
{
    private readonly FollowerRole _follower;
    private readonly CandidateRole _candidate;
    private readonly LeaderRole _leader;
    private readonly VoteDecider _votes;
    private readonly TermGate _terms;

    public RaftCore(RaftOptions options)
    {
        Options = options;
        Log = new RaftLog(options.Storage, CommittedBytesMax(options), options.Observer);
        Members = new MemberTable(options.InflightMessagesMax, options.InflightBytesMax);
        Clock = new ElectionClock(options.ElectionTicks, options.HeartbeatTicks, options.Seed);
        Outbox = new Outbox(options.Id, options.CoalesceSends);
        Replicator = new LogReplicator(this);
        Proposals = new ProposalIntake(this);
        Transfer = new LeadershipTransfer(this);
        Reads = new ReadIndexRounds(this);
        Campaign = new Campaign(this);
        Storage = new StorageAcknowledgements(this);
        Membership = new MembershipSwitch(this);
        Gate = new ConfChangeGate(this);
        _votes = new VoteDecider(this);
        _terms = new TermGate(this, _votes);
        _follower = new FollowerRole(this);
        _candidate = new CandidateRole(this);
        _leader = new LeaderRole(this);
        Start();
    }

    public RaftOptions Options { get; }

    public ulong Id => Options.Id;

    public IRaftObserver? Observer => Options.Observer;

    /// <summary>Latest term seen; never goes back.</summary>
    public ulong Term { get; private set; }

    /// <summary>Member voted for in <see cref="Term"/>; 0 for none.</summary>
    public ulong Vote { get; private set; }

    /// <summary>The leader of <see cref="Term"/>; 0 while none is known.</summary>
    public ulong Leader { get; private set; }

    public RaftRole Role { get; private set; }

    public RaftLog Log { get; }

    public MemberTable Members { get; }

    public ElectionClock Clock { get; }

    public Outbox Outbox { get; }

    public LogReplicator Replicator { get; }

    public ProposalIntake Proposals { get; }

    public LeadershipTransfer Transfer { get; }

    public ReadIndexRounds Reads { get; }

    public Campaign Campaign { get; }

    public StorageAcknowledgements Storage { get; }

    public MembershipSwitch Membership { get; }

    public ConfChangeGate Gate { get; }

    public HardState HardState => new(Term, Vote, Log.Committed);

    public SoftState SoftState => new(Leader, Role);

    /// <summary>Whether the owner lets the node be elected.</summary>
    public bool StandsForElection { get; set; } = true;

    /// <summary>Whether the node may be elected: a voter whose log is not about to be replaced, and whose owner does not object.</summary>
    public bool IsPromotable => StandsForElection && Members.Find(Id) is { IsLearner: false } && !Log.IsSnapshotPending;

    /// <summary>Whether an entry of the current term is committed. Only then does a leader know that its commit index covers
    /// everything its predecessors committed (raft paper, section 8).</summary>
    public bool HasCommittedInTerm => Log.TermOrZero(Log.Committed) == Term;

    public void Tick()
    {
        if (Role == RaftRole.Leader)
        {
            _leader.Tick();
        }
        else if (Clock.TickFollower(IsPromotable))
        {
            StartElection();
        }
    }

    /// <summary>Starts an election, if the node may be elected.</summary>
    public void StartElection() => Campaign.Start(Options.PreVote ? CampaignKind.PreVote : CampaignKind.Vote);

    /// <summary>The leader is most likely gone: if it is, the voters start elections one after the other.</summary>
    public void ExpectElection()
    {
        if (Role != RaftRole.Follower || Leader == 0)
        {
            return;
        }

        int turn = 0;
        foreach (ulong voter in Members.Voters.Ids)
        {
            turn += voter < Id && voter != Leader ? 1 : 0;
        }

        Clock.TakeTurn(turn);
    }

    /// <summary>Takes in one message.</summary>
    public StepOutcome Step(RaftMessage message)
    {
        if (!_terms.TryPass(message))
        {
            return StepOutcome.Processed;
        }

        switch (message.Type)
        {
            case MessageType.Campaign:
                StartElection();
                return StepOutcome.Processed;
            case MessageType.Vote or MessageType.PreVote:
                _votes.Decide(message);
                return StepOutcome.Processed;
            case MessageType.StorageAppendResponse:
                Storage.OnAppended(message);
                return StepOutcome.Processed;
            case MessageType.StorageApplyResponse:
                Storage.OnApplied(message);
                return StepOutcome.Processed;
            default:
                return StepInRole(message);
        }
    }

    public void BecomeFollower(ulong term, ulong leader)
    {
        Reset(term);
        Leader = leader;
        Role = RaftRole.Follower;
        Observer?.Observe(new BecameFollower(Term));
    }

    public void BecomePreCandidate()
    {
        Invariant.Holds(Role != RaftRole.Leader, $"a leader cannot become pre-candidate, term {Term}");

        // Neither term nor vote changes: others must not be disturbed by a question.
        Campaign.ClearVotes();
        Leader = 0;
        Role = RaftRole.PreCandidate;
        Observer?.Observe(new BecamePreCandidate(Term));
    }

    public void BecomeCandidate()
    {
        Invariant.Holds(Role != RaftRole.Leader, $"a leader cannot become candidate, term {Term}");
        Reset(Term + 1);
        Vote = Id;
        Role = RaftRole.Candidate;
        Observer?.Observe(new BecameCandidate(Term));
    }

    public void BecomeLeader()
    {
        Invariant.Holds(Role != RaftRole.Follower, $"a follower cannot become leader, term {Term}");
        Reset(Term);
        Leader = Id;
        Role = RaftRole.Leader;
        Replicator.OnBecomeLeader();
        Proposals.OnBecomeLeader();
        Observer?.Observe(new BecameLeader(Term));
    }

    /// <summary>Takes note of word from the leader.</summary>
    public void HearFrom(ulong leader)
    {
        Clock.RestartElection();
        Leader = leader;
    }

    public void ForgetLeader() => Leader = 0;

    public void CastVote(ulong candidate)
    {
        Clock.RestartElection();
        Vote = candidate;
    }

    /// <summary>Begins a cluster: the members' additions are committed entries of term 1.</summary>
    public void Bootstrap(IReadOnlyList<ConfChange> additions)
    {
        BecomeFollower(term: 1, leader: 0);
        foreach (ConfChange addition in additions)
        {
            Log.Append(new Entry(1, Log.LastIndex + 1, EntryType.ConfChange, ConfChangeCodec.Encode(addition)));
        }

        // In force at once, or nobody could vote for the first leader; applying them again changes nothing.
        Log.CommitTo(Log.LastIndex);
        foreach (ConfChange addition in additions)
        {
            Membership.Apply(addition.ToV2(), Log.LastIndex);
        }
    }

    private static ulong CommittedBytesMax(RaftOptions options) =>
        options.CommittedBytesPerReadyMax == 0 ? Math.Max(options.MessageBytesMax, 1) : options.CommittedBytesPerReadyMax;

    private void Start()
    {
        IRaftLogStorage storage = Options.Storage;
        Membership.Install(storage.ConfState);
        HardState stored = storage.HardState;
        if (!stored.IsEmpty)
        {
            // The commit index on disk may lag behind what was applied: it is stored without a sync of its own, and the application may
            // have stored its state first. What was applied was committed.
            Log.LoadCommitted(Math.Max(stored.Commit, Options.Applied));
            Term = stored.Term;
            Vote = stored.Vote;
        }

        if (Options.Applied > 0)
        {
            Log.MarkApplied(Options.Applied, bytes: 0);
        }

        BecomeFollower(Term, leader: 0);
        EntryId last = Log.LastEntry;
        Observer?.Observe(new NodeStarted(Members.Voters.Ids, Term, Log.Committed, Log.Applied, last.Index, last.Term));
    }

    private StepOutcome StepInRole(RaftMessage message) => Role switch
    {
        RaftRole.Follower => _follower.Step(message),
        RaftRole.Leader => _leader.Step(message),
        _ => _candidate.Step(message),
    };

    private void Reset(ulong term)
    {
        if (Term != term)
        {
            Term = term;
            Vote = 0;
        }

        Leader = 0;
        Clock.Reset();
        Transfer.Abort();
        Gate.Reset();
        Campaign.ClearVotes();
        Replicator.Reset();
        Proposals.Reset();
        Reads.Reset();
    }
}
