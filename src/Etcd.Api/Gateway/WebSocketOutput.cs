using System.Net.WebSockets;

using Etcd.Api.Http;

namespace Etcd.Api.Gateway;

/// <summary>Replies as messages of a WebSocket. One that takes nothing for a while is cut off.</summary>
/// <param name="socket">The WebSocket.</param>
/// <param name="slowest">How long the client may take for one frame.</param>
/// <param name="time">The clock.</param>
/// <param name="gone">Cancelled when the client has gone.</param>
internal sealed class WebSocketOutput(WebSocket socket, TimeSpan slowest, TimeProvider time, CancellationToken gone) : IGatewayOutput
{
    /// <inheritdoc/>
    public bool HasStarted { get; private set; }

    /// <inheritdoc/>
    public ValueTask ReplyAsync(int status, ReadOnlyMemory<byte> body) => SendAsync(body, gone);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        HasStarted = true;
        while (!lines.IsEmpty)
        {
            int length = lines.Span.IndexOf((byte)'\n');
            await SendAsync(lines[..length], cancellationToken).ConfigureAwait(false);
            lines = lines[(length + 1)..];
        }
    }

    /// <inheritdoc/>
    public ValueTask FailAsync(int status, ReadOnlyMemory<byte> line) => WriteAsync(line, gone);

    /// <summary>Tells the client that nothing more comes.</summary>
    internal async ValueTask CloseAsync()
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }

        try
        {
            await WaitAsync(socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, gone), gone).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // It has gone without waiting for the end.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        do
        {
            ReadOnlyMemory<byte> frame = message[..Math.Min(PacedBody.PieceBytes, message.Length)];
            message = message[frame.Length..];
            try
            {
                Task sending = socket.SendAsync(frame, WebSocketMessageType.Text, message.IsEmpty, cancellationToken).AsTask();
                await WaitAsync(sending, cancellationToken).ConfigureAwait(false);
            }
            catch (WebSocketException end)
            {
                throw new OperationCanceledException("the client has gone", end, cancellationToken);
            }
        }
        while (!message.IsEmpty);
    }

    private async Task WaitAsync(Task sending, CancellationToken cancellationToken)
    {
        try
        {
            await sending.WaitAsync(slowest, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            socket.Abort();
            throw new OperationCanceledException("the client takes nothing", cancellationToken);
        }
    }
}
