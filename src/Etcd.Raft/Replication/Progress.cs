namespace Etcd.Raft;

/// <summary>What a leader knows of one member's log, and how it sends to it.</summary>
/// <remarks>
/// Invariant: <see cref="Match"/> &lt; <see cref="Next"/>. A member is probed (one append at a time) until its last
/// matching index is known, then replicated to (appends ahead of their answers), and gets a snapshot when the entries it
/// needs are gone. Raft thesis, section 10.2.1.
/// </remarks>
internal sealed class Progress(ulong id, bool isLearner, int inflightMessagesMax, ulong inflightBytesMax)
{
    private readonly InflightWindow _inflights = new(inflightMessagesMax, inflightBytesMax);

    // Highest commit index the member may have learned from us; once it covers Next - 1, telling it more has no effect.
    private ulong _sentCommit;
    private bool _flowPaused;
    private ulong _pendingSnapshot;

    public ulong Id { get; } = id;

    public bool IsLearner { get; set; } = isLearner;

    public ProgressState State { get; private set; }

    /// <summary>Highest index known to be in the member's durable log.</summary>
    public ulong Match { get; private set; }

    /// <summary>Index the next append begins with.</summary>
    public ulong Next { get; private set; }

    /// <summary>Whether the member was heard of since the last quorum check.</summary>
    public bool RecentlyActive { get; set; }

    /// <summary>Newest read round whose heartbeat the member has answered.</summary>
    public ulong AcknowledgedReadRound { get; set; }

    /// <summary>Whether no append may be sent.</summary>
    public bool IsPaused => State == ProgressState.Snapshot || _flowPaused;

    /// <summary>Whether appends with entries must wait for an answer.</summary>
    public bool IsWindowFull => _inflights.IsFull;

    public MemberProgress View =>
        new(Id, State, Match, Next, IsLearner, IsPaused, _pendingSnapshot, RecentlyActive, _inflights.Count, _inflights.IsFull);

    /// <summary>Forgets what is known, as at the start of a term.</summary>
    public void Reset(ulong match, ulong next)
    {
        Match = match;
        Next = next;
        RecentlyActive = false;
        AcknowledgedReadRound = 0;
        _sentCommit = 0;
        Enter(ProgressState.Probe);
    }

    /// <summary>Sends one append at a time from now on.</summary>
    public void BecomeProbe()
    {
        // After a snapshot the member's log begins behind it, whether we have heard so or not.
        ulong next = Math.Max(Match, State == ProgressState.Snapshot ? _pendingSnapshot : 0) + 1;
        Enter(ProgressState.Probe);
        MoveNext(next);
    }

    /// <summary>Sends ahead of answers from now on.</summary>
    public void BecomeReplicate()
    {
        Enter(ProgressState.Replicate);
        Next = Match + 1;
    }

    /// <summary>Sends nothing until the snapshot's fate is known.</summary>
    public void BecomeSnapshot(ulong snapshotIndex)
    {
        Enter(ProgressState.Snapshot);
        _pendingSnapshot = snapshotIndex;
        Next = snapshotIndex + 1;
        _sentCommit = snapshotIndex;
    }

    /// <summary>Probes again after a failed snapshot, which tells nothing about the member's log.</summary>
    public void BecomeProbeAfterFailedSnapshot()
    {
        _pendingSnapshot = 0;
        BecomeProbe();
    }

    /// <summary>Holds appends back until the member answers something.</summary>
    public void PauseFlow() => _flowPaused = true;

    /// <summary>Lets the next append go out.</summary>
    public void ResumeFlow() => _flowPaused = false;

    /// <summary>Accounts for an append of <paramref name="entries"/> entries.</summary>
    public void OnAppendSent(int entries, ulong bytes, ulong commit)
    {
        _sentCommit = commit;
        if (State == ProgressState.Probe)
        {
            _flowPaused |= entries > 0;
            return;
        }

        Invariant.Holds(State == ProgressState.Replicate, $"append sent to {Id} in state {State}");
        if (entries > 0)
        {
            Next += (ulong)entries;
            _inflights.Add(Next - 1, bytes);
        }

        // An append into a full window is a probe: nothing follows it until an answer or a heartbeat.
        _flowPaused = _inflights.IsFull;
    }

    /// <summary>Accounts for a heartbeat, which carries a commit index too.</summary>
    public void OnCommitSent(ulong commit) => _sentCommit = commit;

    /// <summary>Whether sending <paramref name="commit"/> could move the member's commit index.</summary>
    public bool CanBumpCommit(ulong commit) => commit > _sentCommit && _sentCommit < Next - 1;

    /// <summary>Takes in that the member has everything up to <paramref name="index"/>.</summary>
    /// <returns><see langword="false"/> when that was known.</returns>
    public bool TryAdvanceMatch(ulong index)
    {
        if (index <= Match)
        {
            return false;
        }

        Match = index;
        Next = Math.Max(Next, index + 1);
        _flowPaused = false;
        return true;
    }

    /// <summary>Frees the window of what the member has answered.</summary>
    public void ReleaseInflightsUpTo(ulong index) => _inflights.ReleaseUpTo(index);

    /// <summary>Takes in that the member refused an append after <paramref name="rejected"/>.</summary>
    /// <param name="rejected">The index it refused to append after.</param>
    /// <param name="matchHint">Highest index at which both logs may agree.</param>
    /// <returns><see langword="false"/> for an outdated refusal.</returns>
    public bool TryDecrease(ulong rejected, ulong matchHint)
    {
        if (State == ProgressState.Replicate)
        {
            // Messages may overtake one another: what is known to match cannot have been refused since.
            if (rejected <= Match)
            {
                return false;
            }

            MoveNext(Match + 1);
            return true;
        }

        if (Next - 1 != rejected)
        {
            return false;
        }

        MoveNext(Math.Max(Math.Min(rejected, matchHint + 1), Match + 1));
        _flowPaused = false;
        return true;
    }

    private void MoveNext(ulong next)
    {
        Next = next;
        _sentCommit = Math.Min(_sentCommit, next - 1);
    }

    private void Enter(ProgressState state)
    {
        State = state;
        _flowPaused = false;
        _pendingSnapshot = 0;
        _inflights.Clear();
    }
}
