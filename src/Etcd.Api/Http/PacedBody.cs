using System.IO.Pipelines;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>Writes large bodies of HTTP replies at the client's pace. A client that takes nothing for a while is cut off: what it is owed would stay in
/// memory.</summary>
internal static class PacedBody
{
    /// <summary>What is written before the client must have taken the most of it.</summary>
    internal const int PieceBytes = 64 * 1024;

    /// <summary>About 3 KiB a second: slower is a client that has stopped reading.</summary>
    internal static readonly TimeSpan SlowestPiece = TimeSpan.FromSeconds(20);

    /// <summary>Writes a part of the body, or all of it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="bytes">What is written.</param>
    /// <param name="slowest">How long a client may take for <see cref="PieceBytes"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait for the client.</param>
    /// <exception cref="OperationCanceledException">The client has gone, or has been cut off.</exception>
    internal static async ValueTask WriteAsync(
        HttpContext context, ReadOnlyMemory<byte> bytes, TimeSpan slowest, TimeProvider time, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlyMemory<byte> piece = bytes[..Math.Min(PieceBytes, bytes.Length)];
            bytes = bytes[piece.Length..];
            FlushResult written = await WritePieceAsync(context, piece, slowest, time, cancellationToken).ConfigureAwait(false);
            if (written.IsCompleted || written.IsCanceled)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
    }

    private static async ValueTask<FlushResult> WritePieceAsync(
        HttpContext context, ReadOnlyMemory<byte> piece, TimeSpan slowest, TimeProvider time, CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> writing = context.Response.BodyWriter.WriteAsync(piece, cancellationToken);
        if (writing.IsCompletedSuccessfully)
        {
            return writing.Result;
        }

        try
        {
            return await writing.AsTask().WaitAsync(slowest, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            context.Abort();
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
