using System.Net.Sockets;
using System.Text;

namespace Etcd.Peer.Streams;

/// <summary>The answer to a request for a stream, on a connection without TLS: head, chunks and end go straight into the socket.</summary>
internal sealed class SocketStream(Socket connection, PeerIdentity self, string serverVersion)
{
    // How long the peer may take to close a connection whose end it has been sent; the last messages may still be on their way.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Answers with a head, lets the stream be written, and ends the answer.</summary>
    /// <param name="serve">Writes the stream.</param>
    /// <param name="time">The clock.</param>
    /// <param name="aborted">Cancelled when the connection is lost.</param>
    public async Task ServeAsync(Func<ChunkedSocketWriter, Task<PeerStreamEnd>> serve, TimeProvider time, CancellationToken aborted)
    {
        using var writer = new ChunkedSocketWriter(connection);
        try
        {
            await writer.SendAsync(Head(), aborted).ConfigureAwait(false);
            if (await serve(writer).ConfigureAwait(false) == PeerStreamEnd.Closed && !writer.IsCut)
            {
                await EndAsync(writer, connection, time, aborted).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer has gone; whatever was still to be said to it is lost, and a stream in progress has told so.
        }
    }

    private byte[] Head() => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 200 OK\r\n{PeerHeaders.Version}: {serverVersion}\r\n{PeerHeaders.ClusterId}: {PeerHeaders.FormatId(self.ClusterId)}\r\n"
        + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");

    private static async Task EndAsync(ChunkedSocketWriter writer, Socket connection, TimeProvider time, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(CloseTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            await writer.SendAsync("0\r\n\r\n"u8.ToArray(), either.Token).ConfigureAwait(false);
            connection.Shutdown(SocketShutdown.Send);
        }
        catch (OperationCanceledException)
        {
            // It takes nothing, not even the end.
            return;
        }

        // Closed at once, the connection would take along what the peer has not read yet.
        await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
