using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Server.Observation;

using Google.Protobuf;

namespace Etcd.Api.Services;

/// <summary>The requests of a stream as messages; one that cannot be read or is no message is counted, and ends the stream.</summary>
/// <typeparam name="TRequest">The kind of message.</typeparam>
internal sealed class RequestStream<TRequest>(RpcRequestReader requests, MessageParser<TRequest> parser, StreamFailures failures)
    where TRequest : class, IMessage<TRequest>
{
    /// <summary>Waits for the next request.</summary>
    /// <returns>The request; <see langword="null"/>: there are no more.</returns>
    /// <exception cref="RpcException">It cannot be read, or is no such message.</exception>
    internal async ValueTask<TRequest?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? RequestMessage.Parse(parser, requests.Current) : null;
        }
        catch (RpcException)
        {
            failures.CountReceived();
            throw;
        }
    }
}
