using System.Globalization;
using System.Net;

using Etcd.Peer.Http;
using Etcd.Peer.Links;
using Etcd.Raft;

namespace Etcd.Peer.Pipeline;

/// <summary>Sends one snapshot to one member and reports how it went.</summary>
internal sealed class SnapshotSender(PeerContext peer, RaftMessage message, IPeerSnapshotContent database)
{
    private readonly long _began = peer.Time.GetTimestamp();
    private long _bytes;
    private long _bytesTotal = long.MaxValue;
    private long _lastProgress;

    /// <summary>Sends it. Failures are reported, not thrown.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        peer.Traffic.SnapshotBegins();
        ulong index = message.Snapshot?.Metadata.Index ?? 0;
        long size = database.SizeBytes;
        peer.Log.SendingSnapshot(index, peer.PeerName, size);
        string url = peer.Urls.Current;
        string? fault = await TransferAsync(url, cancellationToken).ConfigureAwait(false);
        TimeSpan took = peer.Time.GetElapsedTime(_began);
        peer.Traffic.SnapshotEnds(fault is null, took);
        if (fault is null)
        {
            peer.Activity.Succeeded();
            peer.Log.SentSnapshot(index, peer.PeerName, size, took.TotalSeconds.ToString("0.000s", CultureInfo.InvariantCulture));
        }
        else
        {
            peer.Urls.MoveOn(url);
            peer.Activity.Failed("snapshot post", fault);
            peer.Traffic.SendFailed();
            peer.Log.SendSnapshotFailed(index, peer.PeerName, size, fault);
            peer.Inbox.Receiver.ReportUnreachable(peer.PeerId);
        }

        peer.Inbox.Receiver.ReportSnapshot(peer.PeerId, fault is null);
    }

    private async Task<string?> TransferAsync(string url, CancellationToken cancellationToken)
    {
        using var transfer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan check = peer.Options.SnapshotStallTimeout / 4;
        ITimer watch = peer.Time.CreateTimer(_ => CancelIfStalled(transfer), null, check, check);
        try
        {
            Count(0);
            using HttpRequestMessage request = peer.Requests.Create(HttpMethod.Post, url, "/raft/snapshot");
            var content = new SnapshotContent(message, database, Count);
            Volatile.Write(ref _bytesTotal, content.SizeBytes);
            request.Content = content;
            using HttpResponseMessage answer = await peer.Requests.Http.Pooled.SendAsync(request, transfer.Token).ConfigureAwait(false);
            return await PeerAnswer.FaultOfAsync(peer, answer, HttpStatusCode.NoContent, transfer.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Told by the caller, and to raft, which decides what to send next.
            bool stalled = transfer.IsCancellationRequested && !cancellationToken.IsCancellationRequested;
            return stalled ? $"no progress after {Interlocked.Read(ref _bytes)} bytes" : InnermostMessage(failure);
        }
        finally
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            database.Dispose();
        }
    }

    // HttpClient wraps what the body's writer threw; the reason stands inside.
    private static string InnermostMessage(Exception failure) => failure.GetBaseException().Message;

    private void Count(long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Volatile.Write(ref _lastProgress, peer.Time.GetTimestamp());
        peer.Traffic.Sent(bytes);
    }

    private void CancelIfStalled(CancellationTokenSource transfer)
    {
        // The whole body is out: what is left is the receiver's disk.
        bool isOut = Interlocked.Read(ref _bytes) >= Volatile.Read(ref _bytesTotal);
        TimeSpan limit = isOut ? peer.Options.SnapshotAnswerTimeout : peer.Options.SnapshotStallTimeout;
        if (peer.Time.GetElapsedTime(Volatile.Read(ref _lastProgress)) < limit)
        {
            return;
        }

        try
        {
            transfer.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The transfer ended while this timer fired.
        }
    }
}
