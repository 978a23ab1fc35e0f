namespace Etcd.Server.Limits.Prefixes;

/// <summary>How much may be stored under a prefix: live keys, in their newest version. 0 is no limit.</summary>
/// <param name="Prefix">First bytes of the keys it is for; not empty.</param>
/// <param name="KeysMax">Most keys.</param>
/// <param name="BytesMax">Most bytes of keys and values.</param>
public sealed record PrefixQuota(ReadOnlyMemory<byte> Prefix, long KeysMax, long BytesMax);
