namespace Etcd.Raft;

/// <summary>How an election is held.</summary>
internal enum CampaignKind : byte
{
    /// <summary>Ask first whether it could be won, without raising the term.</summary>
    PreVote,

    /// <summary>Raise the term and ask for votes.</summary>
    Vote,

    /// <summary>As <see cref="Vote"/>, on the leader's own wish: voters disregard that they hear the leader.</summary>
    Transfer,
}
