using Etcd.Api.Http;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Gateway;

/// <summary>Replies in the body of an HTTP response. A client that takes nothing for a while is cut off: what it is owed would stay in memory.</summary>
/// <param name="context">The request.</param>
/// <param name="slowest">How long a client may take for <see cref="PacedBody.PieceBytes"/>.</param>
/// <param name="time">The clock.</param>
internal sealed class HttpGatewayOutput(HttpContext context, TimeSpan slowest, TimeProvider time) : IGatewayOutput
{
    internal const string JsonType = "application/json";

    /// <inheritdoc/>
    public bool HasStarted { get; private set; }

    /// <inheritdoc/>
    public ValueTask ReplyAsync(int status, ReadOnlyMemory<byte> body)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = JsonType;
        response.ContentLength = body.Length;
        if (status == StatusCodes.Status200OK)
        {
            AddMetadata();
        }

        // The reply to a HEAD request ends with its head.
        return HttpMethods.IsHead(context.Request.Method) ? default : WritePiecesAsync(body, context.RequestAborted);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        if (!HasStarted)
        {
            HasStarted = true;
            context.Response.ContentType = JsonType;
            AddMetadata();
        }

        return WritePiecesAsync(lines, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FailAsync(int status, ReadOnlyMemory<byte> line)
    {
        if (!HasStarted)
        {
            HasStarted = true;
            context.Response.StatusCode = status;
            context.Response.ContentType = JsonType;
        }

        return WritePiecesAsync(line, context.RequestAborted);
    }

    // As etcd's gateway shows what its own call was answered with.
    private void AddMetadata() => context.Response.Headers["Grpc-Metadata-Content-Type"] = "application/grpc";

    private ValueTask WritePiecesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        PacedBody.WriteAsync(context, bytes, slowest, time, cancellationToken);
}
