using System.Net;
using System.Net.Http.Headers;

using Etcd.Peer.Http;
using Etcd.Peer.Links;
using Etcd.Peer.Streams;
using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Pipeline;

/// <summary>Sends messages to one member by POST, one message a request, while the member has no stream open: at the start of a connection, and to
/// members that the membership does not name yet.</summary>
internal sealed class MessagePipeline(PeerContext peer, TaskGroup tasks)
{
    private static readonly MediaTypeHeaderValue Protobuf = new("application/protobuf");

    private readonly Lock _lock = new();
    private readonly Queue<RaftMessage> _queue = new();
    private int _posters;
    private bool _isClosed;

    /// <summary>Takes a message for sending.</summary>
    public EnqueueOutcome TryEnqueue(RaftMessage message)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return EnqueueOutcome.NotOpen;
            }

            if (_queue.Count >= peer.Options.PipelineQueueMax)
            {
                return EnqueueOutcome.Full;
            }

            _queue.Enqueue(message);
            if (_posters == peer.Options.PipelinePosters)
            {
                return EnqueueOutcome.Queued;
            }

            _posters++;
        }

        return tasks.TryRun(() => PostAllAsync(tasks.Stopping)) ? EnqueueOutcome.Queued : EnqueueOutcome.NotOpen;
    }

    /// <summary>Drops what waits and takes nothing more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _queue.Clear();
        }
    }

    private async Task PostAllAsync(CancellationToken cancellationToken)
    {
        while (TryTake(out RaftMessage? message))
        {
            string url = peer.Urls.Current;
            string? fault = await PostAsync(url, message, cancellationToken).ConfigureAwait(false);
            if (fault is null)
            {
                peer.Activity.Succeeded();
            }
            else if (!cancellationToken.IsCancellationRequested)
            {
                peer.Urls.MoveOn(url);
                peer.Activity.Failed("pipeline post", fault);
                peer.Traffic.SendFailed();
                peer.Inbox.Receiver.ReportUnreachable(message.To);
            }
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RaftMessage? message)
    {
        lock (_lock)
        {
            if (_queue.TryDequeue(out message))
            {
                return true;
            }

            _posters--;
            return false;
        }
    }

    private async Task<string?> PostAsync(string url, RaftMessage message, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(peer.Options.PostTimeout, peer.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var body = new byte[RaftMessageCodec.SizeOf(message)];
            RaftMessageCodec.Write(message, body);
            using HttpRequestMessage request = peer.Requests.Create(HttpMethod.Post, url, "/raft");
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = Protobuf } };
            using HttpResponseMessage answer = await peer.Requests.Http.Pooled.SendAsync(request, linked.Token).ConfigureAwait(false);
            peer.Traffic.Sent(body.Length);
            return await PeerAnswer.FaultOfAsync(peer, answer, HttpStatusCode.NoContent, linked.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Told by the caller, and to raft: the message is lost, whatever the reason.
            return timeout.IsCancellationRequested ? "i/o timeout" : failure.Message;
        }
    }
}
