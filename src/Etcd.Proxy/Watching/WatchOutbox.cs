using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Proxy.Watching;

/// <summary>What waits to be sent on one client's watch stream.</summary>
internal sealed class WatchOutbox
{
    /// <summary>Messages that may wait. A client that lets more pile up is disconnected: it comes back and goes on from the last revision it saw.</summary>
    internal const int MessagesMax = 4096;

    /// <summary>Bytes that may wait before another message is taken; one message may be as large as it is.</summary>
    internal const long BytesMax = 64 * 1024 * 1024;

    private static readonly RpcException TooSlow =
        new(RpcStatusCode.Unavailable, "etcdproxy: watch stream closed: the client reads too slowly");

    private readonly Channel<(WatchResponse Message, int Bytes)> _messages = Channel.CreateBounded<(WatchResponse Message, int Bytes)>(
        new BoundedChannelOptions(MessagesMax) { SingleReader = true });

    private long _bytes;

    /// <summary>Takes a message for sending. Never waits.</summary>
    internal void Post(WatchResponse message)
    {
        int bytes = message.CalculateSize();
        bool isRoom = Interlocked.Add(ref _bytes, bytes) - bytes <= BytesMax;
        if (!isRoom || !_messages.Writer.TryWrite((message, bytes)))
        {
            _messages.Writer.TryComplete(TooSlow);
        }
    }

    /// <summary>Ends the stream with an error, after what waits.</summary>
    internal void Fail(Exception failure) => _messages.Writer.TryComplete(failure);

    /// <summary>Waits for a message.</summary>
    /// <exception cref="Exception">What <see cref="Fail"/> was told.</exception>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _messages.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the next message.</summary>
    internal bool TryTake([NotNullWhen(true)] out WatchResponse? message)
    {
        bool isThere = _messages.Reader.TryRead(out (WatchResponse Message, int Bytes) next);
        Interlocked.Add(ref _bytes, -next.Bytes);
        message = next.Message;
        return isThere;
    }
}
