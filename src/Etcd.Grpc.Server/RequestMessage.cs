using System.Buffers;
using Etcd.Grpc.Server.Calls;
using Google.Protobuf;

namespace Etcd.Grpc.Server;

/// <summary>Turns request bytes into protobuf messages, with the errors of grpc-go.</summary>
public static class RequestMessage
{
    /// <summary>Parses one request.</summary>
    /// <exception cref="RpcException">The bytes are no such message (Internal).</exception>
    public static T Parse<T>(MessageParser<T> parser, in ReadOnlySequence<byte> request)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(request);
        }
        catch (InvalidProtocolBufferException damage)
        {
            throw Malformed(damage);
        }
    }

    /// <summary>The status of a request whose bytes are no message.</summary>
    /// <param name="damage">What the parser found.</param>
    public static RpcException Malformed(Exception damage)
    {
        ArgumentNullException.ThrowIfNull(damage);

        // The commonest damage in the words Go uses; protobuf's own text for it is a paragraph.
        string what = damage.Message.Contains("ended unexpectedly", StringComparison.Ordinal) ? "unexpected EOF" : damage.Message;
        return new RpcException(RpcStatusCode.Internal, $"grpc: error unmarshalling request: {what}", inner: damage);
    }

    /// <summary>Reads the one request of a server-streaming call.</summary>
    /// <exception cref="RpcException">There is none, or its bytes are no such message.</exception>
    public static async ValueTask<T> ReadOnlyOneAsync<T>(RpcRequestReader requests, MessageParser<T> parser)
        where T : IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(requests);
        return await requests.MoveNextAsync(CancellationToken.None).ConfigureAwait(false)
            ? Parse(parser, requests.Current)
            : throw CallErrors.NoRequest();
    }
}
