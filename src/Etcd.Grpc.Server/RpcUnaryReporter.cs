namespace Etcd.Grpc.Server;

/// <summary>Is told about a unary call at its end.</summary>
/// <param name="call">The call.</param>
/// <param name="report">What became of it.</param>
public delegate void RpcUnaryReporter(RpcServerCall call, in RpcUnaryReport report);
