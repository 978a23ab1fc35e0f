namespace Etcd.Raft;

/// <summary>Yes, no or nothing, by voter.</summary>
internal interface IVotes
{
    /// <summary>The voter's vote; <see langword="null"/> while it is missing.</summary>
    bool? VoteOf(ulong id);
}
