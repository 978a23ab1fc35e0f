namespace Etcd.Discovery.Dns;

/// <summary>One SRV record (RFC 2782).</summary>
/// <param name="Priority">Lower is tried first.</param>
/// <param name="Weight">Share among records of one priority.</param>
/// <param name="Port">Port of the service.</param>
/// <param name="Target">Host of the service, without the dot at its end.</param>
public readonly record struct SrvRecord(int Priority, int Weight, int Port, string Target);
