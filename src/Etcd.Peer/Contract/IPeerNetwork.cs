namespace Etcd.Peer;

/// <summary>The network between members, as one process sees it. A member asks questions on it before it has an identity, and joins it once
/// it has one.</summary>
public interface IPeerNetwork
{
    /// <summary>Questions to other members by URL.</summary>
    IPeerQueries Queries { get; }

    /// <summary>Begins to carry messages for a member. Called once.</summary>
    /// <param name="self">Who sends.</param>
    /// <param name="receiver">Who takes what arrives.</param>
    IPeerTransport Join(PeerIdentity self, IPeerReceiver receiver);
}
