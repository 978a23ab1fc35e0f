using Etcd.Protocol.Errors;
using Etcd.Protocol.Leases;
using Etcd.Protocol.Rpc;
using Etcd.Server.Operations;

using Google.Protobuf;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>POST /leases</c> and <c>/leases/internal</c>: other members bring their clients' lease calls to the leader. Statuses and texts
/// are those of etcd, whose members decide by them whether to ask again.</summary>
internal sealed class LeaseEndpoint(LeaseOperations leases)
{
    private const string ContentType = "application/protobuf";

    // How long the leader may take to be sure of its state; the other member asks again after it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private delegate ValueTask<IMessage?> Answer(ReadOnlyMemory<byte> question, CancellationToken cancellationToken);

    /// <summary>Renews a lease.</summary>
    internal Task RenewAsync(HttpContext context) => HandleAsync(context, async (question, token) =>
        await leases.RenewAsLeaderAsync(LeaseKeepAliveRequest.Parser.ParseFrom(question.Span).ID, token).ConfigureAwait(false));

    /// <summary>Tells how long a lease lives.</summary>
    internal Task TimeToLiveAsync(HttpContext context) => HandleAsync(context, async (question, token) =>
    {
        LeaseInternalRequest request = LeaseInternalRequest.Parser.ParseFrom(question.Span);
        LeaseTimeToLiveResponse? reply = await leases
            .TimeToLiveAsLeaderAsync(request.LeaseTimeToLiveRequest ?? new LeaseTimeToLiveRequest(), token)
            .ConfigureAwait(false);
        if (reply is null)
        {
            return null;
        }

        // A header that is there and empty: the asking member fills it in.
        reply.Header = new ResponseHeader();
        return new LeaseInternalResponse { LeaseTimeToLiveResponse = reply };
    });

    private static async Task HandleAsync(HttpContext context, Answer answer)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed").ConfigureAwait(false);
            return;
        }

        if (await RequestBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, "error reading body").ConfigureAwait(false);
            return;
        }

        (int status, string error, IMessage? reply) = await AskAsync(answer, body, context.RequestAborted).ConfigureAwait(false);
        await (reply is null
            ? PlainReplies.ErrorAsync(context, status, error)
            : PlainReplies.BytesAsync(context, ContentType, reply.ToByteArray())).ConfigureAwait(false);
    }

    private static async Task<(int Status, string Error, IMessage? Reply)> AskAsync(
        Answer answer, ReadOnlyMemory<byte> body, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(Patience);
        try
        {
            return await answer(body, limit.Token).ConfigureAwait(false) is { } reply
                ? (StatusCodes.Status200OK, string.Empty, reply)
                : (StatusCodes.Status400BadRequest, "not a primary lessor", null);
        }
        catch (InvalidProtocolBufferException)
        {
            return (StatusCodes.Status400BadRequest, "error unmarshalling request", null);
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.LeaseNotFound)
        {
            return (StatusCodes.Status404NotFound, "lease not found", null);
        }
        catch (EtcdException failure)
        {
            return (StatusCodes.Status400BadRequest, failure.Message, null);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return (StatusCodes.Status408RequestTimeout, "waiting for node to catch up its applied index has timed out", null);
        }
    }
}
