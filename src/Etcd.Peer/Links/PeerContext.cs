using Etcd.Peer.Http;

namespace Etcd.Peer.Links;

/// <summary>What all channels to one member share.</summary>
/// <param name="PeerId">The member.</param>
/// <param name="Urls">Where it is reached.</param>
/// <param name="Activity">Whether it answers.</param>
/// <param name="Traffic">What is counted about it.</param>
/// <param name="Requests">Makes and sends requests in this member's name.</param>
/// <param name="Inbox">Takes what arrives.</param>
/// <param name="Options">Bounds and time-outs.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">Where events are told.</param>
internal sealed record PeerContext(
    ulong PeerId,
    PeerUrls Urls,
    PeerActivity Activity,
    PeerTraffic Traffic,
    PeerRequests Requests,
    PeerInbox Inbox,
    HttpPeerOptions Options,
    TimeProvider Time,
    PeerLog Log)
{
    /// <summary>This member.</summary>
    public ulong SelfId => Requests.Self.MemberId;

    /// <summary>This member's id as text.</summary>
    public string SelfName { get; } = PeerHeaders.FormatId(Requests.Self.MemberId);

    /// <summary>The other member's id as text.</summary>
    public string PeerName { get; } = PeerHeaders.FormatId(PeerId);
}
