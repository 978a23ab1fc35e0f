using Etcd.Server.Consensus;

namespace Etcd.Server.V2Api;

/// <summary>A leader, and since when it is one. Immutable.</summary>
/// <param name="View">Who leads.</param>
/// <param name="Since">When this member learned of it.</param>
public sealed record LeadershipSpan(LeadershipView View, DateTimeOffset Since);
