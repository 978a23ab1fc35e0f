namespace Etcd.Raft;

/// <summary>A node's timers, in ticks: since the last word from a leader, and since the last heartbeat sent.</summary>
internal sealed class ElectionClock
{
    private const int TicksBetweenTurns = 2;

    private readonly int _heartbeatTicks;
    private SeededRandom _random;

    public ElectionClock(int electionTicks, int heartbeatTicks, ulong seed)
    {
        ElectionTicks = electionTicks;
        _heartbeatTicks = heartbeatTicks;
        _random = new SeededRandom(seed);
        RandomizedTimeoutTicks = electionTicks;
    }

    /// <summary>Ticks that a leader's word is good for; also the length of a leader's lease.</summary>
    public int ElectionTicks { get; }

    /// <summary>Ticks without word from a leader before this node starts an election; drawn anew with each change of role,
    /// so that members seldom start together (raft paper, section 5.2).</summary>
    public int RandomizedTimeoutTicks { get; set; }

    /// <summary>Follower: ticks since word from the leader or a vote granted. Leader: since the last quorum check.</summary>
    public int ElectionElapsed { get; private set; }

    /// <summary>Ticks since the last heartbeat of this leader.</summary>
    public int HeartbeatElapsed { get; private set; }

    /// <summary>Starts over with a new time-out.</summary>
    public void Reset()
    {
        ElectionElapsed = 0;
        HeartbeatElapsed = 0;
        RandomizedTimeoutTicks = ElectionTicks + _random.Below(ElectionTicks);
    }

    /// <summary>Sets the time-out by a member's turn instead of by lot. The first turn is a tick after the shortest time-out, when no other member
    /// takes the leader to be there any more; between two turns there is time for an election.</summary>
    /// <param name="turn">Members that go before this one.</param>
    public void TakeTurn(int turn) =>
        RandomizedTimeoutTicks = Math.Min(ElectionTicks + 1 + (TicksBetweenTurns * turn), (2 * ElectionTicks) - 1);

    /// <summary>A leader was heard of, a vote was granted, or a hand-over has begun.</summary>
    public void RestartElection() => ElectionElapsed = 0;

    /// <summary>One tick of a node that does not lead.</summary>
    /// <param name="mayCampaign">Whether the node could be elected.</param>
    /// <returns>Whether to start an election now.</returns>
    public bool TickFollower(bool mayCampaign)
    {
        ElectionElapsed++;
        if (!mayCampaign || ElectionElapsed < RandomizedTimeoutTicks)
        {
            return false;
        }

        ElectionElapsed = 0;
        return true;
    }

    /// <summary>One tick of a leader.</summary>
    /// <returns>Whether an election time-out has passed since the last one.</returns>
    public bool TickLeader()
    {
        HeartbeatElapsed++;
        ElectionElapsed++;
        if (ElectionElapsed < ElectionTicks)
        {
            return false;
        }

        ElectionElapsed = 0;
        return true;
    }

    /// <summary>Whether it is time for a leader's heartbeat; restarts the timer if so.</summary>
    public bool TakeHeartbeat()
    {
        if (HeartbeatElapsed < _heartbeatTicks)
        {
            return false;
        }

        HeartbeatElapsed = 0;
        return true;
    }
}
