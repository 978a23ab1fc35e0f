namespace Etcd.Server.Limits.Prefixes;

/// <summary>What is stored under a prefix with a quota.</summary>
/// <param name="Quota">The quota.</param>
/// <param name="Prefix">The prefix as text, quoted.</param>
/// <param name="Keys">Live keys.</param>
/// <param name="Bytes">Bytes of those keys and their values.</param>
public readonly record struct PrefixUsage(PrefixQuota Quota, string Prefix, long Keys, long Bytes);
