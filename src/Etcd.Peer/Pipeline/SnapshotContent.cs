using System.Net;
using System.Net.Http.Headers;

using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Pipeline;

/// <summary>Body of a snapshot transfer: the framed message, then the database file, whose size is checked since the wire does not tell it.</summary>
internal sealed class SnapshotContent : HttpContent
{
    private readonly byte[] _head;
    private readonly IPeerSnapshotContent _database;
    private readonly Action<long> _progress;

    /// <param name="message">The snapshot message.</param>
    /// <param name="database">The file.</param>
    /// <param name="progress">Told how many bytes have just left.</param>
    public SnapshotContent(RaftMessage message, IPeerSnapshotContent database, Action<long> progress)
    {
        _head = SnapshotFrame.Encode(message);
        _database = database;
        _progress = progress;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <summary>Size of the whole body.</summary>
    public long SizeBytes => _head.Length + _database.SizeBytes;

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
        _progress(_head.Length);
        var file = new MeasuredStream(stream, _database.SizeBytes, _progress);
        await using (file.ConfigureAwait(false))
        {
            await _database.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            file.RequireComplete();
        }
    }

    /// <summary>The length is left open, as etcd does: the body is chunked.</summary>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
