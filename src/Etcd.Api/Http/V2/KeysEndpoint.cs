using System.Buffers;

using Etcd.Api.Http.V2.Access;
using Etcd.Api.Limits;
using Etcd.Api.Metrics;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server;
using Etcd.Server.V2Api;
using Etcd.V2;
using Etcd.V2.Events;
using Etcd.V2.Watching;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary><c>/v2/keys</c>: reads, writes and watches of keys.</summary>
internal sealed class KeysEndpoint(EtcdServer server, V2Gatekeeper gatekeeper, V2HttpMetrics metrics, ServiceLimits? limits)
{
    private const string Methods = "HEAD,GET,PUT,POST,DELETE";

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">What follows <c>/v2/keys</c> in its path.</param>
    internal async Task HandleAsync(HttpContext context, string key)
    {
        if (!await V2Replies.AllowAsync(context, Methods).ConfigureAwait(false))
        {
            return;
        }

        V2Replies.AddClusterId(context, server);
        long began = server.Time.GetTimestamp();
        RequestForm form = await RequestForm.ReadAsync(context).ConfigureAwait(false);
        (KeysRequest? parsed, V2Error? refusal) = KeysRequestReader.Read(form, context.Request.Method, key, server.V2.NowNanoseconds);
        if (parsed is null)
        {
            await V2Replies.ErrorAsync(context, refusal!).ConfigureAwait(false);
            return;
        }

        Request request = parsed.Request;
        string path = request.Path[V2NameSpaces.Keys.Length..];
        if (await gatekeeper.AllowKeyAsync(context, path.Length == 0 ? "/" : path, request.Recursive).ConfigureAwait(false) is not { } pass)
        {
            return;
        }

        string method = request is { Method: "GET", Quorum: true } ? V2Requests.QuorumGet : request.Method;
        if (!request.Wait)
        {
            metrics.Received(method);
        }

        if (request is { Method: "GET", Wait: true, Quorum: false })
        {
            await WatchAsync(context, request, pass).ConfigureAwait(false);
            return;
        }

        V2Result result = await CarryOutAsync(request).ConfigureAwait(false);
        if (!result.TryGetEvent(out V2Event? happened, out V2Error? error))
        {
            metrics.Failed(method, error.HttpStatus);
            await V2Replies.ErrorAsync(context, error).ConfigureAwait(false);
            return;
        }

        try
        {
            await V2Replies.EventAsync(context, server, limits?.Replies, happened, parsed.OmitsNodes).ConfigureAwait(false);
            metrics.Succeeded(method, server.Time.GetElapsedTime(began));
        }
        catch (EtcdException refused) when (refused.Code == EtcdErrorCode.ReplyMemoryExceeded)
        {
            limits!.Refusals.Count(refused.Code);
            metrics.Failed(method, StatusCodes.Status429TooManyRequests);
            await V2Replies.LimitedAsync(context, refused).ConfigureAwait(false);
        }
    }

    private async ValueTask<V2Result> CarryOutAsync(Request request)
    {
        switch (request.Method)
        {
            case "HEAD":
            case "GET" when !request.Quorum:
                return server.V2.Get(request.Path, request.Recursive);
            case "GET":
                request.Method = V2Requests.QuorumGet;
                break;
            default:
                break;
        }

        try
        {
            return await server.V2.ProposeAsync(request).ConfigureAwait(false);
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.RequestTooLarge)
        {
            // The form was within its bound, but what it says takes more in the log: bytes that are no text become three each.
            limits?.Refusals.Count(failure.Code);
            return new V2Error(V2ErrorCode.InvalidForm, RequestForm.TooLarge, 0);
        }
        catch (EtcdException failure)
        {
            return new V2Error(V2ErrorCode.RaftInternal, failure.Message, 0);
        }
    }

    /// <summary>Answers with the next event, or with all until the client goes. The head is sent at once, so that the client knows it is
    /// heard. Only this request waits for its client; a watcher that falls too far behind ends. Each event is sent only while the right to read it holds.</summary>
    private async Task WatchAsync(HttpContext context, Request request, V2KeyPass pass)
    {
        (V2Watcher? watcher, V2Error? error) = server.V2.Watch(request.Path, request.Recursive, request.Stream, request.Since);
        if (watcher is null)
        {
            metrics.Failed(request.Method, error!.HttpStatus);
            await V2Replies.ErrorAsync(context, error).ConfigureAwait(false);
            return;
        }

        using (watcher)
        {
            V2Replies.AddIndexes(context, server, watcher.StartIndex);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.StreamsEnding);
            CancellationToken gone = ending.Token;
            try
            {
                await context.Response.BodyWriter.FlushAsync(gone).ConfigureAwait(false);
                while (await watcher.NextAsync(gone).ConfigureAwait(false) is { } happened)
                {
                    if (!pass.Holds)
                    {
                        // Since the watch began its reader has lost the right to know; whoever asks again is told why.
                        return;
                    }

                    EventText.Write(context.Response.BodyWriter, happened, V2NameSpaces.Keys);
                    context.Response.BodyWriter.Write("\n"u8);
                    await context.Response.BodyWriter.FlushAsync(gone).ConfigureAwait(false);
                    if (!request.Stream)
                    {
                        return;
                    }
                }
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
                // The client has gone, or the server stops: there is nobody to answer.
            }
        }
    }
}
