using System.IO.Pipelines;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Local;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Gateway;

/// <summary>One request to the gateway, from its JSON to the reply.</summary>
/// <param name="calls">Calls the methods.</param>
/// <param name="context">The HTTP request.</param>
/// <param name="input">What the client sends.</param>
/// <param name="output">Takes the reply.</param>
/// <param name="clientGone">Cancelled when the client has gone.</param>
internal sealed class GatewayExchange(
    LocalCalls calls, HttpContext context, PipeReader input, IGatewayOutput output, CancellationToken clientGone)
{
    private const string TimeoutHeader = "Grpc-Timeout";

    /// <summary>Carries out the call.</summary>
    /// <param name="route">Where the path leads; <see langword="null"/>: nowhere.</param>
    /// <param name="isPost">Whether the method of the request is one that the gateway has.</param>
    internal async Task RunAsync(GatewayRoute? route, bool isPost)
    {
        try
        {
            if (route is null)
            {
                await RefuseAsync(new RpcException(RpcStatusCode.NotFound, "Not Found")).ConfigureAwait(false);
            }
            else if (!isPost)
            {
                await RefuseAsync(new RpcException(RpcStatusCode.Unimplemented, "Method Not Allowed")).ConfigureAwait(false);
            }
            else if (route.Method is null)
            {
                await RefuseAsync(calls.UnknownPath(route.RpcPath)).ConfigureAwait(false);
            }
            else if (!TryReadTimeout(out TimeSpan? timeout, out RpcException? refusal))
            {
                await RefuseAsync(refusal!).ConfigureAwait(false);
            }
            else
            {
                await CallAsync(route, route.Method, timeout).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or was cut off because it takes nothing: there is nobody to answer.
        }
    }

    private bool TryReadTimeout(out TimeSpan? timeout, out RpcException? refusal)
    {
        timeout = null;
        refusal = null;
        string? text = context.Request.Headers[TimeoutHeader];
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        if (!LocalCalls.TryParseTimeout(text, out TimeSpan limit))
        {
            refusal = new RpcException(RpcStatusCode.InvalidArgument, $"invalid grpc-timeout: {text}");
            return false;
        }

        timeout = limit;
        return true;
    }

    private async Task CallAsync(GatewayRoute route, RpcServerMethod method, TimeSpan? timeout)
    {
        using var call = new GatewayCall(method, context, timeout, calls.Time, clientGone);
        using var requests = new GatewayRequests(input, calls, call, route.Request);
        if (method.Kind is RpcMethodKind.Unary or RpcMethodKind.ServerStream)
        {
            try
            {
                await requests.ReadOnlyOneAsync(call.CancellationToken).ConfigureAwait(false);
            }
            catch (RpcException malformed)
            {
                await RefuseAsync(malformed).ConfigureAwait(false);
                return;
            }
        }

        await (method.Kind == RpcMethodKind.Unary ? AnswerAsync(route, call, requests) : StreamAsync(route, call, requests))
            .ConfigureAwait(false);
    }

    private async Task AnswerAsync(GatewayRoute route, GatewayCall call, GatewayRequests requests)
    {
        using var reply = new PooledBytes();
        if (await calls.CallAsync(call, requests.CurrentMessage, reply).ConfigureAwait(false) is { } error)
        {
            await RefuseAsync(error).ConfigureAwait(false);
            return;
        }

        using var json = new PooledBytes(JsonBytesOf(reply.WrittenCount));
        MessageToJson.Translate(reply.Written, route.Reply, json);
        await output.ReplyAsync(StatusCodes.Status200OK, json.WrittenMemory).ConfigureAwait(false);
    }

    private async Task StreamAsync(GatewayRoute route, GatewayCall call, GatewayRequests requests)
    {
        using var replies = new GatewayReplies(output, calls, call, route.Reply);
        if (await calls.CallAsync(call, requests, replies).ConfigureAwait(false) is not { } error)
        {
            await replies.FlushAsync(call.CancellationToken).ConfigureAwait(false);
            return;
        }

        using var line = new PooledBytes();
        GatewayStatus.WriteLine(error, line);
        await output.FailAsync(GatewayStatus.HttpOf(error.Code), line.WrittenMemory).ConfigureAwait(false);
    }

    private async ValueTask RefuseAsync(RpcException error)
    {
        if (error.Code == RpcStatusCode.Unauthenticated)
        {
            context.Response.Headers.WWWAuthenticate = error.Message;
        }

        using var body = new PooledBytes();
        GatewayStatus.Write(error, body);
        await output.ReplyAsync(GatewayStatus.HttpOf(error.Code), body.WrittenMemory).ConfigureAwait(false);
    }

    // Numbers and base64 grow by about a third, names come on top.
    private static int JsonBytesOf(int messageBytes) => messageBytes + (messageBytes / 2) + 256;
}
