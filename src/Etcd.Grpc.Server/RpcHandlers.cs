using System.Buffers;

namespace Etcd.Grpc.Server;

/// <summary>Answers one unary call.</summary>
/// <param name="call">The call; valid until the handler completes.</param>
/// <param name="request">The request message, in the connection's own buffers; valid until the handler completes.</param>
/// <param name="reply">Receives the reply message; framing is the transport's. What is written is sent only when the handler completes
/// without an exception.</param>
/// <returns>Completes when the reply is whole. Best completed at once: that path allocates nothing.</returns>
/// <remarks>Throw <see cref="RpcException"/> to choose the status.</remarks>
public delegate ValueTask UnaryHandler(RpcServerCall call, ReadOnlySequence<byte> request, IBufferWriter<byte> reply);

/// <summary>Serves one call with a stream on either side or on both.</summary>
/// <param name="call">The call; valid until the handler completes.</param>
/// <param name="requests">The requests as they come.</param>
/// <param name="replies">Takes the replies.</param>
/// <returns>Completes when the call ends; the status is OK unless an exception says otherwise.</returns>
public delegate Task StreamingHandler(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies);
