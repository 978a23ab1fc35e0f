using System.Net.Sockets;

using Etcd.Peer;

using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Etcd.Api.Http.Peer;

/// <summary><c>GET /raft/stream/{message,msgapp}/ID</c>: a member opens a stream to read what this one sends to it.</summary>
internal sealed class RaftStreamEndpoint(HttpPeerTransport transport)
{
    /// <summary>What all paths of streams begin with.</summary>
    internal const string PathPrefix = "/raft/stream/";

    private readonly string _clusterId = PeerHeaders.FormatId(transport.Self.ClusterId);
    private readonly string _memberId = PeerHeaders.FormatId(transport.Self.MemberId);

    internal async Task HandleAsync(HttpContext context, string path)
    {
        if (!PlainReplies.IsGet(context))
        {
            await PlainReplies.MethodNotAllowedAsync(context).ConfigureAwait(false);
            return;
        }

        context.Response.Headers[PeerHeaders.Version] = transport.Options.ServerVersion;
        context.Response.Headers[PeerHeaders.ClusterId] = _clusterId;
        if (Refusal(context, path, out ulong from, out PeerStreamKind kind) is var (status, text) && status != 0)
        {
            await PlainReplies.ErrorAsync(context, status, text).ConfigureAwait(false);
            return;
        }

        await ServeAsync(context, from, kind).ConfigureAwait(false);
    }

    private (int Status, string Text) Refusal(HttpContext context, string path, out ulong from, out PeerStreamKind kind)
    {
        from = 0;
        kind = default;
        PeerRequestHead head = RaftHttpFace.HeadOf(context.Request);
        if (transport.RefusalOf(head) is { } refusal)
        {
            return (StatusCodes.Status412PreconditionFailed, refusal);
        }

        int slash = path.LastIndexOf('/');
        switch (path[..slash])
        {
            case "/raft/stream/message":
                kind = PeerStreamKind.Message;
                break;
            case "/raft/stream/msgapp":
                kind = PeerStreamKind.Append;
                break;
            default:
                return (StatusCodes.Status404NotFound, "invalid path");
        }

        if (!PeerHeaders.TryParseId(path[(slash + 1)..], out from))
        {
            return (StatusCodes.Status404NotFound, "invalid from");
        }

        return RefusalOfSender(context, head, from);
    }

    private (int Status, string Text) RefusalOfSender(HttpContext context, in PeerRequestHead head, ulong from)
    {
        if (transport.IsRemoved(from))
        {
            return (StatusCodes.Status410Gone, PeerRefusals.Removed);
        }

        if (!transport.KnowsPeer(from))
        {
            transport.OnUnknownSender(from, head, RaftHttpFace.RemoteOf(context));
            return (StatusCodes.Status404NotFound, PeerRefusals.SenderNotFound);
        }

        return context.Request.Headers[PeerHeaders.To] == _memberId
            ? (0, "")
            : (StatusCodes.Status412PreconditionFailed, PeerRefusals.ToMismatch);
    }

    // Under TLS the socket is not the stream's to write to, whatever layer ciphers it.
    private static Socket? CleartextSocketOf(HttpContext context)
    {
        IFeatureCollection features = context.Features;
        bool isSecure = context.Request.IsHttps || features.Get<ITlsConnectionFeature>() is not null || features.Get<ISslStreamFeature>() is not null;
        return isSecure ? null : features.Get<IConnectionSocketFeature>()?.Socket;
    }

    private async Task ServeAsync(HttpContext context, ulong from, PeerStreamKind kind)
    {
        if (CleartextSocketOf(context) is { } connection)
        {
            // The server has read the request and answers nothing itself: the stream has the connection to its end.
            try
            {
                await transport.ServeStreamAsync(from, kind, connection, context.RequestAborted).ConfigureAwait(false);
            }
            finally
            {
                context.Abort();
            }

            return;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // The head must not wait for the first message.
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        PeerStreamEnd end = await transport
            .ServeStreamAsync(from, kind, context.Response.BodyWriter, context.RequestAborted).ConfigureAwait(false);
        if (end == PeerStreamEnd.Broken)
        {
            context.Abort();
        }
    }
}
