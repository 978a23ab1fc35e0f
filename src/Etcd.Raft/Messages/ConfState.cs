namespace Etcd.Raft;

/// <summary>A membership configuration as it stands in snapshots. Lists hold member ids in the order of the wire form.</summary>
public sealed record ConfState
{
    /// <summary>The configuration of nobody.</summary>
    public static ConfState Empty { get; } = new();

    /// <summary>Voters; in a joint configuration, those of the incoming half.</summary>
    public IReadOnlyList<ulong> Voters { get; init; } = [];

    /// <summary>Members that receive the log without a vote.</summary>
    public IReadOnlyList<ulong> Learners { get; init; } = [];

    /// <summary>Voters of the outgoing half; empty unless the configuration is joint.</summary>
    public IReadOnlyList<ulong> VotersOutgoing { get; init; } = [];

    /// <summary>Members that become learners once the joint configuration is left.</summary>
    public IReadOnlyList<ulong> LearnersNext { get; init; } = [];

    /// <summary>Whether the leader leaves the joint configuration by itself.</summary>
    public bool AutoLeave { get; init; }

    /// <inheritdoc />
    public bool Equals(ConfState? other) =>
        other is not null
        && AutoLeave == other.AutoLeave
        && Voters.SequenceEqual(other.Voters)
        && Learners.SequenceEqual(other.Learners)
        && VotersOutgoing.SequenceEqual(other.VotersOutgoing)
        && LearnersNext.SequenceEqual(other.LearnersNext);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Voters.Count, Learners.Count, VotersOutgoing.Count, AutoLeave);
}
