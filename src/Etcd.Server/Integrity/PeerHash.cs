using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Integrity;

/// <summary>What another member said when it was asked for its hash.</summary>
/// <param name="Member">The member.</param>
/// <param name="Answer">Its hash; <see langword="null"/> when it could not be reached or refused.</param>
/// <param name="Refusal">Why there is no answer; empty when there is one.</param>
internal sealed record PeerHash(Member Member, PeerHashAnswer? Answer, string Refusal);
