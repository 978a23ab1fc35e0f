using Etcd.Auth;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Operations;

/// <summary>Reads a range piece by piece, as of one revision: what a client of millions of keys asks for instead of pages.</summary>
/// <remarks>etcd 3.7 brought it. A piece is as large as a reply may be; how many keys that is, is found by doubling and halving. Between two pieces
/// nothing is held, so a slow client costs nothing but time, and may find its revision compacted.</remarks>
public sealed class RangePieces
{
    private const long FirstPieceKeys = 10;

    private readonly KeyValueOperations _keys;
    private readonly RangeRequest _request;
    private readonly Caller _caller;
    private readonly int _pieceBytes;
    private ByteString _from;
    private long _pieceKeys = FirstPieceKeys;
    private long _left;
    private bool _isFirst = true;

    /// <summary>Prepares the reading.</summary>
    /// <param name="keys">Reads the pieces.</param>
    /// <param name="request">The whole range.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="pieceBytes">About how large a piece may be.</param>
    /// <exception cref="EtcdException">The request is malformed.</exception>
    public RangePieces(KeyValueOperations keys, RangeRequest request, Caller caller, int pieceBytes)
    {
        ArgumentNullException.ThrowIfNull(request);
        _keys = keys;
        _request = request.Clone();
        _caller = caller;
        _pieceBytes = pieceBytes;
        _from = request.Key;
        _left = request.Limit > 0 ? request.Limit : long.MaxValue;
    }

    /// <summary>Revision that all pieces are read at; 0 before the first.</summary>
    public long Revision { get; private set; }

    /// <summary>Keys in the whole range, known after the first piece.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the limit cut the range, known after the last piece.</summary>
    public bool More { get; private set; }

    /// <summary>Whether the last piece has been read.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Reads the next piece.</summary>
    /// <returns>Its keys. The caller writes as many as fit into a piece, tells <see cref="Wrote"/>, and disposes it.</returns>
    /// <exception cref="EtcdException">The revision is compacted, or the caller may not read.</exception>
    public async ValueTask<RangeReply> NextAsync(CancellationToken cancellationToken)
    {
        RangeRequest piece = _request.Clone();
        piece.Key = _from;
        piece.Limit = _request.CountOnly ? 0 : Math.Min(_pieceKeys, _left);
        if (!_isFirst)
        {
            // What the first piece saw is confirmed for all.
            piece.Revision = Revision;
            piece.Serializable = true;
        }

        if (!_keys.TryRange(piece, _caller, out RangeReply? reply))
        {
            reply = await _keys.ConfirmedRangeAsync(piece, _caller, cancellationToken).ConfigureAwait(false);
        }

        if (_isFirst)
        {
            _isFirst = false;
            Revision = _request.Revision > 0 ? _request.Revision : reply.Revision;
            HeaderRevision = reply.Revision;
            Count = reply.Count;
        }

        return reply;
    }

    /// <summary>Revision for the header of the last message: the store's when the first piece was read.</summary>
    public long HeaderRevision { get; private set; }

    /// <summary>Takes what became of a piece: where the next begins, and how many keys it asks for.</summary>
    /// <param name="piece">What <see cref="NextAsync"/> gave.</param>
    /// <param name="keys">How many of its keys were written: values may be larger than those before.</param>
    /// <param name="bytes">Bytes they came to.</param>
    public void Wrote(RangeReply piece, int keys, long bytes)
    {
        ArgumentNullException.ThrowIfNull(piece);
        bool isCut = keys < piece.KeyValueCount;
        _left -= keys;
        More = piece.More;
        IsDone = !isCut && (!piece.More || _left == 0);
        if (!IsDone)
        {
            _from = ByteString.CopyFrom([.. piece.KeyOf(keys - 1), 0]);
        }

        if (bytes > _pieceBytes)
        {
            _pieceKeys = Math.Max(1, _pieceKeys / 2);
        }
        else if (bytes < _pieceBytes / 2)
        {
            _pieceKeys *= 2;
        }
    }
}
