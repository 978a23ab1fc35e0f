using Etcd.Peer;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>POST /raft</c>: one message.</summary>
internal sealed class RaftPostEndpoint(HttpPeerTransport transport)
{
    private readonly string _clusterId = PeerHeaders.FormatId(transport.Self.ClusterId);

    internal async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await PlainReplies.MethodNotAllowedAsync(context, "POST").ConfigureAwait(false);
            return;
        }

        context.Response.Headers[PeerHeaders.ClusterId] = _clusterId;
        PeerRequestHead head = RaftHttpFace.HeadOf(context.Request);
        if (transport.RefusalOf(head) is { } refusal)
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status412PreconditionFailed, refusal).ConfigureAwait(false);
            return;
        }

        transport.RememberSender(head);
        RaftHttpFace.LiftBodyLimit(context);
        PostReceipt receipt = await transport
            .ReceivePostAsync(context.Request.Body, context.Request.ContentLength, RaftHttpFace.RemoteOf(context), context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, receipt).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, PostReceipt receipt)
    {
        switch (receipt)
        {
            case PostReceipt.Taken:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            case PostReceipt.Unreadable:
                return PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "error reading raft message");
            case PostReceipt.Undecodable:
                return PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "error unmarshalling raft message");
            default:
                // The sender is not to send more on this connection.
                context.Response.Headers.Connection = "close";
                return PlainReplies.ErrorAsync(context, StatusCodes.Status500InternalServerError, "error processing raft message");
        }
    }
}
