namespace Etcd.Raft.Tests.Safety;

/// <summary>Deliberate mistakes of a member's owner, to prove that the checker sees them.</summary>
[Flags]
internal enum SimulatedFaults
{
    None = 0,

    /// <summary>Votes and acknowledgements leave before what they promise is on disk.</summary>
    AnswersBeforeSync = 1,

    /// <summary>Refused votes leave as granted ones.</summary>
    GrantsEveryVote = 2,
}
