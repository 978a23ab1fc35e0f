using System.Buffers;

namespace Etcd.Grpc.Server;

/// <summary>What is told about a unary call at its end. Valid while it is being told.</summary>
/// <param name="Code">Its status.</param>
/// <param name="Took">Time since it arrived.</param>
/// <param name="Request">The request message; empty when it never arrived.</param>
/// <param name="ReplyBytes">Length of the reply message in bytes; 0 when there is none.</param>
public readonly record struct RpcUnaryReport(RpcStatusCode Code, TimeSpan Took, ReadOnlySequence<byte> Request, long ReplyBytes);
