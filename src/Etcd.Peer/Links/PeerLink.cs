using System.IO.Pipelines;

using Etcd.Peer.Pipeline;
using Etcd.Peer.Probing;
using Etcd.Peer.Streams;
using Etcd.Raft;

namespace Etcd.Peer.Links;

/// <summary>Everything between this member and one other: two streams each way, posts, snapshots, probes.</summary>
internal sealed class PeerLink : IDisposable
{
    private readonly PeerContext _context;
    private readonly TaskGroup _tasks;
    private readonly OutgoingStream _messages;
    private readonly OutgoingStream _appends;
    private readonly IncomingStream[] _incoming;
    private readonly MessagePipeline _pipeline;
    private readonly PeerProber _streamProber;
    private readonly PeerProber _pipelineProber;
    private volatile bool _isDropping;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationToken _ended; // stays usable when its source is gone

    public PeerLink(PeerContext context, TaskGroup tasks)
    {
        _context = context;
        _tasks = tasks;
        _ended = _closed.Token;
        _messages = new OutgoingStream(context, PeerStreamKind.Message);
        _appends = new OutgoingStream(context, PeerStreamKind.Append);
        _incoming = [new IncomingStream(context, PeerStreamKind.Message), new IncomingStream(context, PeerStreamKind.Append)];
        _pipeline = new MessagePipeline(context, tasks);
        _streamProber = new PeerProber(context, "ROUND_TRIPPER_RAFT_MESSAGE", context.Requests.Http.Streams);
        _pipelineProber = new PeerProber(context, "ROUND_TRIPPER_SNAPSHOT", context.Requests.Http.Pooled);
    }

    /// <summary>What all channels share.</summary>
    public PeerContext Context => _context;

    /// <summary>Whether the last message to it was dropped since too many wait.</summary>
    public bool IsDropping { get => _isDropping; set => _isDropping = value; }

    /// <summary>How many of its two streams the member has opened.</summary>
    public int OpenStreams => (_messages.IsOpen ? 1 : 0) + (_appends.IsOpen ? 1 : 0);

    /// <summary>What monitoring reads.</summary>
    public PeerFigures Figures => new()
    {
        MemberId = _context.PeerId,
        IsActive = _context.Activity.Since is not null,
        Disconnects = _context.Activity.Disconnects,
        SentBytes = _context.Traffic.SentBytes,
        ReceivedBytes = _context.Traffic.ReceivedBytes,
        SendFailures = _context.Traffic.SendFailures,
        ReceiveFailures = _context.Traffic.ReceiveFailures,
        SnapshotsSent = _context.Traffic.SnapshotsSent,
        SnapshotSendFailures = _context.Traffic.SnapshotSendFailures,
        SnapshotSendsInFlight = _context.Traffic.SnapshotSendsInFlight,
        SnapshotsReceived = _context.Traffic.SnapshotsReceived,
        SnapshotReceiveFailures = _context.Traffic.SnapshotReceiveFailures,
        SnapshotReceivesInFlight = _context.Traffic.SnapshotReceivesInFlight,
        RoundTrips = _context.Traffic.RoundTrips,
        SnapshotSends = _context.Traffic.SnapshotSends,
        SnapshotReceptions = _context.Traffic.SnapshotReceptions,
        RoundTrip = _pipelineProber.RoundTrip,
        ClockDifference = _pipelineProber.ClockDifference,
    };

    /// <summary>Begins to open streams and to probe.</summary>
    public void Start()
    {
        foreach (IncomingStream stream in _incoming)
        {
            _tasks.TryStartThread(stream.ThreadName, () => stream.Run(_ended));
        }

        _tasks.TryRun(() => _streamProber.RunAsync(_ended));
        _tasks.TryRun(() => _pipelineProber.RunAsync(_ended));
    }

    /// <summary>Queues a message; <see cref="Kick"/> follows.</summary>
    /// <returns><see langword="false"/> when it is dropped since too many wait.</returns>
    public bool TryEnqueue(RaftMessage message)
    {
        EnqueueOutcome outcome = EnqueueOutcome.NotOpen;
        if (message.Type == MessageType.Append)
        {
            outcome = _appends.TryEnqueue(message);
        }

        if (outcome == EnqueueOutcome.NotOpen)
        {
            outcome = _messages.TryEnqueue(message);
        }

        if (outcome == EnqueueOutcome.NotOpen)
        {
            outcome = _pipeline.TryEnqueue(message);
        }

        return outcome == EnqueueOutcome.Queued;
    }

    /// <summary>Sends what was queued.</summary>
    public void Kick()
    {
        _appends.Kick();
        _messages.Kick();
    }

    /// <summary>Sends a snapshot.</summary>
    /// <returns><see langword="false"/> when the transport stops: the file is still the caller's.</returns>
    public bool TrySendSnapshot(RaftMessage message, IPeerSnapshotContent database, Action ended)
    {
        var sender = new SnapshotSender(_context, message, database);
        return _tasks.TryRun(async () =>
        {
            await sender.SendAsync(_ended).ConfigureAwait(false);
            ended();
        });
    }

    /// <summary>Sends one kind of stream through a connection that the member has opened.</summary>
    public Task<PeerStreamEnd> ServeAsync(PeerStreamKind kind, PipeWriter output, CancellationToken aborted) =>
        (kind == PeerStreamKind.Append ? _appends : _messages).ServeAsync(output, aborted);

    /// <summary>Signs of life, and the end of connections that take none.</summary>
    public void Tick(long now)
    {
        _messages.Tick(now);
        _appends.Tick(now);
    }

    /// <summary>Takes other URLs.</summary>
    public void UpdateUrls(IReadOnlyList<string> urls)
    {
        _context.Urls.Replace(urls);
        _streamProber.UpdateUrls(urls);
        _pipelineProber.UpdateUrls(urls);
    }

    /// <summary>Closes everything; what runs in the background ends soon after.</summary>
    public void Dispose()
    {
        _closed.Cancel();
        _closed.Dispose();
        _messages.Close();
        _appends.Close();
        _pipeline.Close();
    }
}
