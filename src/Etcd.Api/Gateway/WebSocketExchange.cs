using System.IO.Pipelines;
using System.Net.WebSockets;

using Etcd.Api.Http;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Local;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Etcd.Api.Gateway;

/// <summary>A request that goes on as a WebSocket: what the client sends in messages is the body of the request, each line of the reply is a message.
/// The client's close, or its end, ends the call.</summary>
/// <param name="calls">Calls the methods.</param>
/// <param name="slowestPiece">How long the client may take for one frame before it is cut off.</param>
internal sealed class WebSocketExchange(LocalCalls calls, TimeSpan slowestPiece)
{
    private const int FrameBytes = 16 * 1024;

    // What a client may send ahead of the handler: then it waits.
    private const int AheadBytesMax = 64 * 1024;

    private volatile bool _ignoresInput;

    /// <summary>Serves the WebSocket to its end.</summary>
    internal async Task RunAsync(HttpContext context, GatewayRoute? route)
    {
        if (!WebSocketHandshake.TryAccept(context, out string? protocol))
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "Bad Request").ConfigureAwait(false);
            return;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }

        Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var socket = WebSocket.CreateFromStream(
                stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = protocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
            await ServeAsync(context, route, socket).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(HttpContext context, GatewayRoute? route, WebSocket socket)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var input = new Pipe(new PipeOptions(pauseWriterThreshold: AheadBytesMax, resumeWriterThreshold: AheadBytesMax / 2));
        var output = new WebSocketOutput(socket, slowestPiece, calls.Time, gone.Token);

        // Of these calls only the first message counts; the rest is passed over, so that the close behind it is seen.
        bool takesOne = route?.Method?.Kind is RpcMethodKind.Unary or RpcMethodKind.ServerStream or null;
        Task receiving = ReceiveAsync(socket, input.Writer, takesOne, gone);
        try
        {
            await new GatewayExchange(calls, context, input.Reader, output, gone.Token).RunAsync(route, isPost: true).ConfigureAwait(false);
            await output.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _ignoresInput = true;
            await input.Reader.CompleteAsync().ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
            socket.Abort();
            await receiving.ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(WebSocket socket, PipeWriter input, bool takesOne, CancellationTokenSource gone)
    {
        try
        {
            while (true)
            {
                Memory<byte> room = input.GetMemory(FrameBytes);
                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(room, gone.Token).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                if (_ignoresInput)
                {
                    continue;
                }

                input.Advance(received.Count);
                if (received.EndOfMessage)
                {
                    input.GetSpan(1)[0] = (byte)'\n';
                    input.Advance(1);
                    _ignoresInput = takesOne;
                }

                await input.FlushAsync(gone.Token).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The client has gone, or the call is over. Whoever reads learns it from the token.
        }

        await gone.CancelAsync().ConfigureAwait(false);
        await input.CompleteAsync().ConfigureAwait(false);
    }
}
