using System.Buffers;
using Google.Protobuf;

namespace Etcd.Grpc.Server;

/// <summary>The methods a server offers. Filled before the server starts, read-only from then on.</summary>
public sealed class RpcServiceTable
{
    private readonly Dictionary<string, RpcServerMethod> _byPath = new(StringComparer.Ordinal);
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    /// <summary>Puts something around the handler of each unary method that is added from then on; told service, method and handler.</summary>
    public Func<string, string, UnaryHandler, UnaryHandler>? AroundUnary { get; set; }

    /// <summary>The same for methods with a stream.</summary>
    public Func<string, string, StreamingHandler, StreamingHandler>? AroundStreaming { get; set; }

    /// <summary>All methods.</summary>
    public IReadOnlyCollection<RpcServerMethod> Methods => _byPath.Values;

    /// <summary>Adds a unary method over raw messages.</summary>
    /// <exception cref="ArgumentException">The method is in the table already.</exception>
    public RpcServerMethod AddUnary(string service, string method, UnaryHandler handler) =>
        Add(new RpcServerMethod(
            service, method, RpcMethodKind.Unary, AroundUnary?.Invoke(service, method, handler) ?? handler, streaming: null));

    /// <summary>Adds a streaming method over raw messages.</summary>
    /// <param name="service">Full name of the service.</param>
    /// <param name="method">Name of the method.</param>
    /// <param name="kind">Which sides stream; not <see cref="RpcMethodKind.Unary"/>.</param>
    /// <param name="handler">Serves a call.</param>
    /// <exception cref="ArgumentException">The method is in the table already.</exception>
    public RpcServerMethod AddStreaming(string service, string method, RpcMethodKind kind, StreamingHandler handler) =>
        Add(new RpcServerMethod(service, method, kind, unary: null, AroundStreaming?.Invoke(service, method, handler) ?? handler));

    /// <summary>Adds a unary method over protobuf messages.</summary>
    /// <exception cref="ArgumentException">The method is in the table already.</exception>
    public RpcServerMethod AddUnary<TRequest, TReply>(
        string service, string method, MessageParser<TRequest> parser, Func<RpcServerCall, TRequest, ValueTask<TReply>> handler)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        return AddUnary(service, method, Handle);

        ValueTask Handle(RpcServerCall call, ReadOnlySequence<byte> request, IBufferWriter<byte> reply)
        {
            ValueTask<TReply> pending = handler(call, RequestMessage.Parse(parser, request));
            if (pending.IsCompletedSuccessfully)
            {
                pending.Result.WriteTo(reply);
                return default;
            }

            return WriteWhenDoneAsync(pending, reply);
        }

        static async ValueTask WriteWhenDoneAsync(ValueTask<TReply> pending, IBufferWriter<byte> reply)
        {
            TReply message = await pending.ConfigureAwait(false);
            message.WriteTo(reply);
        }
    }

    /// <summary>Adds a server-streaming method over protobuf messages: the handler gets the one request and the reply writer.</summary>
    /// <exception cref="ArgumentException">The method is in the table already.</exception>
    public RpcServerMethod AddServerStream<TRequest>(
        string service, string method, MessageParser<TRequest> parser, Func<RpcServerCall, TRequest, RpcReplyWriter, Task> handler)
        where TRequest : IMessage<TRequest>
    {
        return AddStreaming(service, method, RpcMethodKind.ServerStream, HandleAsync);

        async Task HandleAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
        {
            TRequest request = await RequestMessage.ReadOnlyOneAsync(requests, parser).ConfigureAwait(false);
            await handler(call, request, replies).ConfigureAwait(false);
        }
    }

    internal RpcServerMethod? Find(string path) => _byPath.GetValueOrDefault(path);

    internal RpcServerMethod? Find(ReadOnlySpan<char> path) =>
        _byPath.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path, out RpcServerMethod? method) ? method : null;

    /// <summary>The error for a path that is not in the table, in the words of grpc-go.</summary>
    internal RpcException UnknownPath(string path)
    {
        int slash = path.LastIndexOf('/');
        if (slash <= 0)
        {
            return new RpcException(RpcStatusCode.Unimplemented, $"malformed method name: \"{path}\"");
        }

        string service = path[1..slash];
        return new RpcException(
            RpcStatusCode.Unimplemented,
            _services.Contains(service) ? $"unknown method {path[(slash + 1)..]} for service {service}" : $"unknown service {service}");
    }

    private RpcServerMethod Add(RpcServerMethod method)
    {
        if (!_byPath.TryAdd(method.Path, method))
        {
            throw new ArgumentException($"the method {method.Path} is in the table already");
        }

        _services.Add(method.Service);
        return method;
    }
}
