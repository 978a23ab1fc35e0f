using System.Globalization;

using Etcd.Peer.Codecs;
using Etcd.Peer.Links;
using Etcd.Raft;

namespace Etcd.Peer.Pipeline;

/// <summary>Takes one snapshot that another member posts.</summary>
internal sealed class SnapshotReception(
    ulong selfId, PeerInbox inbox, HttpPeerOptions options, TimeProvider time, PeerLog log, Func<ulong, PeerTraffic?> trafficWith)
{
    private readonly string _self = PeerHeaders.FormatId(selfId);
    private readonly long _began = time.GetTimestamp();

    /// <summary>Reads message and file and hands them over.</summary>
    public async Task<SnapshotReceipt> TakeAsync(Stream body, CancellationToken cancellationToken)
    {
        using var source = new StallGuard(body, options.IdleTimeout, time);
        RaftMessage message;
        try
        {
            message = await SnapshotFrame.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is PeerFrameException or IOException)
        {
            return new SnapshotReceipt(SnapshotReceiptOutcome.Undecodable, failure.Message);
        }

        if (message.Type != MessageType.Snapshot || message.Snapshot is null)
        {
            return new SnapshotReceipt(SnapshotReceiptOutcome.WrongType, "wrong raft message type");
        }

        if (!inbox.MayReachRaft(message))
        {
            return new SnapshotReceipt(SnapshotReceiptOutcome.Refused, "cannot process the message of this sender or for this receiver");
        }

        PeerTraffic? traffic = trafficWith(message.From);
        traffic?.ReceivedSnapshotBegins();
        SnapshotReceipt receipt = await StoreAsync(message, source, cancellationToken).ConfigureAwait(false);
        traffic?.ReceivedSnapshotEnds(receipt.Outcome == SnapshotReceiptOutcome.Taken, time.GetElapsedTime(_began));
        traffic?.Received(source.BytesRead);
        return receipt;
    }

    private async Task<SnapshotReceipt> StoreAsync(RaftMessage message, StallGuard source, CancellationToken cancellationToken)
    {
        string from = PeerHeaders.FormatId(message.From);
        ulong index = message.Snapshot!.Metadata.Index;
        log.ReceivingSnapshot(_self, from, index);
        try
        {
            await inbox.Receiver.ReceiveSnapshotAsync(message, source, cancellationToken).ConfigureAwait(false);
            log.ReceivedSnapshot(_self, from, index, time.GetElapsedTime(_began).TotalSeconds.ToString("0.000s", CultureInfo.InvariantCulture));
            return new SnapshotReceipt(SnapshotReceiptOutcome.Taken);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            log.ReceiveSnapshotFailed(_self, from, index, failure.Message);
            return new SnapshotReceipt(SnapshotReceiptOutcome.NotStored, failure.Message);
        }
    }
}
