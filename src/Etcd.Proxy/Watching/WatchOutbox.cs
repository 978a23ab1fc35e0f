using System.Threading.Channels;

using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Proxy.Watching;

/// <summary>What waits to be sent on one client's watch stream.</summary>
internal sealed class WatchOutbox
{
    /// <summary>Messages that may wait. A client that lets more pile up is disconnected: it comes back and goes on from the last revision it saw.</summary>
    internal const int MessagesMax = 4096;

    private static readonly RpcException TooSlow =
        new(RpcStatusCode.Unavailable, "etcdproxy: watch stream closed: the client reads too slowly");

    private readonly Channel<WatchResponse> _messages = Channel.CreateBounded<WatchResponse>(
        new BoundedChannelOptions(MessagesMax) { SingleReader = true });

    /// <summary>Takes a message for sending. Never waits.</summary>
    internal void Post(WatchResponse message)
    {
        if (!_messages.Writer.TryWrite(message))
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
    internal bool TryTake(out WatchResponse message) => _messages.Reader.TryRead(out message!);
}
