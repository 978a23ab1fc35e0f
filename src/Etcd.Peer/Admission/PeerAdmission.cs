namespace Etcd.Peer.Admission;

/// <summary>Decides whether a request comes from a member of this cluster that this one can work with.</summary>
internal sealed class PeerAdmission(PeerIdentity self, HttpPeerOptions options, ToldRefusals told, PeerLog log)
{
    private readonly string _clusterId = PeerHeaders.FormatId(self.ClusterId);
    private readonly PeerVersion _version = Parse(options.ServerVersion);
    private readonly PeerVersion _versionMin = Parse(options.ClusterVersionMin);

    /// <summary>Looks at versions first, then at the cluster: the order decides what an empty request is told.</summary>
    /// <returns>Why it is refused, in the protocol's words; <see langword="null"/> when it is not.</returns>
    public string? RefusalOf(in PeerRequestHead head)
    {
        if (!AreVersionsCompatible(head))
        {
            if (IsNew(head, PeerRefusals.IncompatibleVersion))
            {
                log.RefusedForVersion(
                    PeerHeaders.FormatId(self.MemberId), options.ServerVersion, options.ClusterVersionMin,
                    head.From ?? "", head.Version ?? "", head.ClusterVersionMin ?? "");
            }

            return PeerRefusals.IncompatibleVersion;
        }

        if (head.ClusterId != _clusterId)
        {
            if (IsNew(head, PeerRefusals.ClusterIdMismatch))
            {
                log.RefusedForCluster(PeerHeaders.FormatId(self.MemberId), _clusterId, head.From ?? "", head.ClusterId ?? "");
            }

            return PeerRefusals.ClusterIdMismatch;
        }

        return null;
    }

    private bool AreVersionsCompatible(in PeerRequestHead head) =>
        PeerVersion.TryParse(head.Version, out PeerVersion version)
        && PeerVersion.TryParse(head.ClusterVersionMin, out PeerVersion versionMin)
        && version >= _versionMin
        && versionMin <= _version;

    // A refused member tries again ten times a second, and so does every other one that has the same fault.
    private bool IsNew(in PeerRequestHead head, string refusal) =>
        told.IsNew(head.From ?? "", $"{refusal} {head.ClusterId} {head.Version} {head.ClusterVersionMin}");

    private static PeerVersion Parse(string text) =>
        PeerVersion.TryParse(text, out PeerVersion version) ? version : throw new FormatException($"{text} is no version");
}
