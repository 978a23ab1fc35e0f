using System.Buffers;
using System.Globalization;

using Etcd.Api.Limits;
using Etcd.Protocol.Errors;
using Etcd.Server;
using Etcd.V2;
using Etcd.V2.Events;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>Replies of the v2 API.</summary>
internal static class V2Replies
{
    private const string JsonType = "application/json";

    /// <summary>Puts the cluster's id into the reply's head.</summary>
    internal static void AddClusterId(HttpContext context, EtcdServer server) =>
        context.Response.Headers["X-Etcd-Cluster-Id"] = server.Cluster.View.ClusterId.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Puts into the reply's head how far tree and log are.</summary>
    internal static void AddIndexes(HttpContext context, EtcdServer server, ulong treeIndex)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentType = JsonType;
        headers["X-Etcd-Index"] = treeIndex.ToString(CultureInfo.InvariantCulture);
        headers["X-Raft-Index"] = server.V2.RaftIndex.ToString(CultureInfo.InvariantCulture);
        headers["X-Raft-Term"] = server.V2.RaftTerm.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What was read or has happened. A large reply takes its share of the memory for replies before it is made, and is written at the client's pace.</summary>
    /// <exception cref="EtcdException"><see cref="EtcdErrorCode.ReplyMemoryExceeded"/>: there was no room for what was read. What was written is told
    /// in any case: a refusal would ask the client to write once more.</exception>
    internal static async Task EventAsync(HttpContext context, EtcdServer server, ReplyMemory? memory, V2Event happened, bool omitsNodes)
    {
        bool isWrite = happened.Action is V2Action.Set or V2Action.Create or V2Action.Update or V2Action.CompareAndSwap;
        bool withNodes = !(omitsNodes && isWrite);
        long bytes = withNodes && memory is { IsBounded: true } ? V2ReplyWeight.Of(happened) : 0;
        using ReplyShare? share = bytes < ReplyMemory.SmallBytes ? null
            : happened.Action != V2Action.Get ? memory!.TakeWritten(bytes)
            : await memory!.TakeAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        AddIndexes(context, server, happened.TreeIndex);
        var body = new ArrayBufferWriter<byte>(512);
        EventText.Write(body, happened, V2NameSpaces.Keys, withNodes);
        body.Write("\n"u8);
        share?.Correct(body.Capacity);
        context.Response.StatusCode = happened.IsCreated ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        context.Response.ContentLength = body.WrittenCount;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            await PacedBody.WriteAsync(context, body.WrittenMemory, PacedBody.SlowestPiece, server.Time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or was cut off because it takes nothing: there is nobody to answer.
        }
    }

    /// <summary>A refusal, with a status of its own where that says more than the error's.</summary>
    internal static Task ErrorAsync(HttpContext context, V2Error error, int? status = null)
    {
        context.Response.ContentType = JsonType;
        context.Response.Headers["X-Etcd-Index"] = error.Index.ToString(CultureInfo.InvariantCulture);
        var body = new ArrayBufferWriter<byte>(256);
        EventText.Write(body, error, V2NameSpaces.Keys);
        body.Write("\n"u8);
        return BodyAsync(context, status ?? error.HttpStatus, body.WrittenMemory);
    }

    /// <summary>The refusal of a limit: status 429, and when to ask again.</summary>
    internal static Task LimitedAsync(HttpContext context, EtcdException refusal)
    {
        context.Response.Headers.RetryAfter = 1.ToString(CultureInfo.InvariantCulture);
        return ErrorAsync(context, new V2Error(V2ErrorCode.RaftInternal, refusal.Message, 0), StatusCodes.Status429TooManyRequests);
    }

    /// <summary>A JSON reply as it stands.</summary>
    internal static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = JsonType;
        return BodyAsync(context, status, body);
    }

    /// <summary>Whether the method is one of those; if not, the reply says so.</summary>
    internal static async ValueTask<bool> AllowAsync(HttpContext context, string methods)
    {
        if (methods.Split(',').Contains(context.Request.Method, StringComparer.Ordinal))
        {
            return true;
        }

        context.Response.Headers.Allow = methods;
        await MethodNotAllowedAsync(context).ConfigureAwait(false);
        return false;
    }

    internal static Task MethodNotAllowedAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return BodyAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed\n"u8.ToArray());
    }

    internal static async Task BodyAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
