namespace Etcd.Grpc.Server.Ports;

/// <summary>A connection that has not shown its protocol.</summary>
/// <param name="Close">Ends it; whoever waits for its first bytes is woken by that.</param>
/// <param name="Since">Timestamp of its arrival.</param>
internal readonly record struct UndetectedConnection(Action Close, long Since);
