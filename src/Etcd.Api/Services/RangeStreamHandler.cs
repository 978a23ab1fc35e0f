using System.Buffers;

using Etcd.Api.Limits;
using Etcd.Api.Replies;
using Etcd.Auth;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>KV/RangeStream of etcd 3.7: a range in pieces. Merged, they are what Range would have answered: only the last has header, count and
/// more.</summary>
internal sealed class RangeStreamHandler(EtcdServer server, CallAccess access, ReplyMemory memory)
{
    private const byte PieceTag = (1 << 3) | 2;
    private const byte MoreTag = 3 << 3;
    private const byte CountTag = 4 << 3;
    private const int FirstPieceBytes = 4096;

    internal async Task HandleAsync(RpcServerCall call, RangeRequest request, RpcReplyWriter replies)
    {
        RefuseWhatNeedsTheWholeRange(request);
        if (!request.Serializable && server.IsLearner)
        {
            throw new EtcdException(EtcdErrorCode.NotSupportedForLearner);
        }

        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);

        if (memory.IsBounded)
        {
            // A piece, and the buffer it is written to, which grows by doubling; both are used again for the next. The client must take each piece in time.
            call.HeldUntilSent = await memory
                .TakeAsync(ReplyWeight.OfRange(call, 2L * server.Options.RequestBytesMax, keys: 0), call.CancellationToken)
                .ConfigureAwait(false);
        }

        var pieces = new RangePieces(server.KeyValues, request, caller, server.Options.RequestBytesMax);
        var encoded = new ArrayBufferWriter<byte>(FirstPieceBytes);
        while (!pieces.IsDone)
        {
            encoded.ResetWrittenCount();
            using (RangeReply piece = await pieces.NextAsync(call.CancellationToken).ConfigureAwait(false))
            {
                int keys = piece.WriteKeyValuesTo(encoded, server.Options.RequestBytesMax);
                pieces.Wrote(piece, keys, encoded.WrittenCount);
            }

            if (pieces.IsDone)
            {
                WriteEnd(pieces, encoded);
            }

            WriteMessage(encoded.WrittenSpan, replies.Begin());
            await replies.SendAsync(call.CancellationToken).ConfigureAwait(false);
        }
    }

    // Both can only be known when all has been read.
    private static void RefuseWhatNeedsTheWholeRange(RangeRequest request)
    {
        if (request.SortTarget != RangeRequest.Types.SortTarget.Key
            || request.SortOrder is not (RangeRequest.Types.SortOrder.None or RangeRequest.Types.SortOrder.Ascend))
        {
            throw new RpcException(RpcStatusCode.Unimplemented, "RangeStream does not support custom sort orders");
        }

        if ((request.MinModRevision | request.MaxModRevision | request.MinCreateRevision | request.MaxCreateRevision) != 0)
        {
            throw new RpcException(RpcStatusCode.Unimplemented, "RangeStream does not support revision filters");
        }
    }

    // Behind the keys, since only what was written of them tells whether it is the end; to protobuf the order means nothing.
    private void WriteEnd(RangePieces pieces, ArrayBufferWriter<byte> encoded)
    {
        ReplyHead.Write(encoded, server.Headers, pieces.HeaderRevision);
        ReplyHead.WriteField(encoded, MoreTag, pieces.More ? 1UL : 0);
        ReplyHead.WriteField(encoded, CountTag, (ulong)pieces.Count);
    }

    private static void WriteMessage(ReadOnlySpan<byte> piece, IBufferWriter<byte> message)
    {
        // An empty piece has its field all the same: it is there, and empty.
        Span<byte> tag = message.GetSpan(1);
        tag[0] = PieceTag;
        message.Advance(1);
        ReplyHead.WriteLength(message, piece.Length);
        message.Write(piece);
    }
}
