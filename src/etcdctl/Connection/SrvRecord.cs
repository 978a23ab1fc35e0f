namespace Etcdctl.Connection;

/// <summary>One SRV record (RFC 2782).</summary>
internal readonly record struct SrvRecord(int Priority, int Weight, int Port, string Target);
