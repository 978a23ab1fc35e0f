using System.Buffers;

namespace Etcd.Grpc.Server;

/// <summary>The replies of a streaming call. One writer at a time.</summary>
/// <remarks>
/// A message is begun, written into the returned writer and ended. <see cref="SendAsync"/> ends and flushes it; to send
/// several at the price of one flush, end all but the last with <see cref="End"/>.
/// </remarks>
public abstract class RpcReplyWriter
{
    /// <summary>Bytes of messages that are ended and not sent yet, as they will leave. They are in memory, whatever the client takes.</summary>
    public abstract long UnsentBytes { get; }

    /// <summary>Starts a reply message.</summary>
    /// <returns>Takes the message body; valid until the message is ended.</returns>
    /// <exception cref="InvalidOperationException">A message is begun and not ended.</exception>
    public abstract IBufferWriter<byte> Begin();

    /// <summary>Ends the message without sending it yet.</summary>
    public abstract void End();

    /// <summary>Drops the message that was begun, for instance because encoding it failed.</summary>
    /// <exception cref="InvalidOperationException">So much of it was written that a part is on its way.</exception>
    public abstract void Discard();

    /// <summary>Ends the message and sends it. Waits while the client reads more slowly than the handler writes: this is where
    /// back-pressure acts.</summary>
    /// <param name="cancellationToken">Ends the wait; the message itself stays queued.</param>
    /// <exception cref="OperationCanceledException">The client has gone or given up, or the token is cancelled.</exception>
    public abstract ValueTask SendAsync(CancellationToken cancellationToken);

    /// <summary>Sends what is ended but not sent yet.</summary>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <exception cref="OperationCanceledException">The client has gone or given up, or the token is cancelled.</exception>
    public abstract ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Sends the response headers now, before the first message. Without it they leave with the first flush.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask SendHeadersAsync(CancellationToken cancellationToken);
}
