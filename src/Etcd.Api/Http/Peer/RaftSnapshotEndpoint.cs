using Etcd.Peer;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>POST /raft/snapshot</c>: a snapshot message with the database file behind it.</summary>
internal sealed class RaftSnapshotEndpoint(HttpPeerTransport transport)
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
        SnapshotReceipt receipt = await transport
            .ReceiveSnapshotAsync(context.Request.Body, RaftHttpFace.RemoteOf(context), context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, receipt).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, SnapshotReceipt receipt)
    {
        (int status, string text) = receipt.Outcome switch
        {
            SnapshotReceiptOutcome.Taken => (StatusCodes.Status204NoContent, ""),
            SnapshotReceiptOutcome.Undecodable =>
                (StatusCodes.Status400BadRequest, $"failed to decode raft message ({receipt.Reason})"),
            SnapshotReceiptOutcome.WrongType => (StatusCodes.Status400BadRequest, "wrong raft message type"),
            SnapshotReceiptOutcome.NotStored =>
                (StatusCodes.Status500InternalServerError, $"failed to save KV snapshot ({receipt.Reason})"),
            _ => (StatusCodes.Status500InternalServerError, $"failed to process raft message ({receipt.Reason})"),
        };
        if (status != StatusCodes.Status204NoContent)
        {
            return PlainReplies.ErrorAsync(context, status, text);
        }

        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
