using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

using Etcd.Peer.Admission;
using Etcd.Peer.Http;
using Etcd.Peer.Links;
using Etcd.Peer.Pipeline;
using Etcd.Peer.Streams;
using Etcd.Raft;

namespace Etcd.Peer;

/// <summary>Raft messages over HTTP/1.1, as etcd's members speak it. Its other half are the <c>/raft</c> paths of the peer port, which hand what they get to
/// this class.</summary>
/// <remarks>Who dials reads: this member opens two streams to every other and reads them, and writes into those that the others have opened.</remarks>
public sealed class HttpPeerTransport : IPeerTransport
{
    private readonly HttpPeerOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerLog _log;
    private readonly PeerRequests _requests;
    private readonly PeerInbox _inbox;
    private readonly ToldRefusals _told;
    private readonly PeerAdmission _admission;
    private readonly TaskGroup _tasks = new();
    private readonly ITimer _ticker;
    private readonly Lock _changes = new();

    // Replaced as a whole under the lock, read without it.
    private volatile Dictionary<ulong, PeerLink> _peers = [];
    private volatile Dictionary<ulong, MessagePipeline> _remotes = [];
    private int _snapshotSends;
    private bool _isClosed;

    internal HttpPeerTransport(
        PeerIdentity self, IPeerReceiver receiver, HttpPeerOptions options, TimeProvider time, PeerHttp http, PeerLog log)
    {
        Self = self;
        _options = options;
        _time = time;
        _log = log;
        _requests = new PeerRequests(self, options, http);
        _inbox = new PeerInbox(self.MemberId, receiver, log);
        _told = new ToldRefusals(time);
        _admission = new PeerAdmission(self, options, _told, log);
        TimeSpan tick = options.SignOfLifeInterval;
        _ticker = time.CreateTimer(_ => Tick(), null, tick, tick);
    }

    /// <summary>Who this member is to the others.</summary>
    public PeerIdentity Self { get; }

    /// <summary>How it speaks to them.</summary>
    public HttpPeerOptions Options => _options;

    /// <summary>What monitoring is told about each member.</summary>
    public IReadOnlyList<PeerFigures> Figures => [.. _peers.Values.Select(link => link.Figures)];

    /// <inheritdoc />
    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Dictionary<ulong, PeerLink> peers = _peers;
        for (int i = 0; i < messages.Count; i++)
        {
            Enqueue(peers, messages[i]);
        }

        // All of a batch is queued before any of it is sent, so that it leaves in one piece.
        ulong kicked = 0;
        for (int i = 0; i < messages.Count; i++)
        {
            ulong to = messages[i].To;
            if (to != kicked && peers.TryGetValue(to, out PeerLink? peer))
            {
                peer.Kick();
                kicked = to;
            }
        }
    }

    /// <inheritdoc />
    public void SendSnapshot(RaftMessage message, IPeerSnapshotContent database)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(database);
        bool isAllowed = Interlocked.Increment(ref _snapshotSends) <= _options.SnapshotSendsMax;
        if (isAllowed
            && _peers.TryGetValue(message.To, out PeerLink? peer)
            && peer.TrySendSnapshot(message, database, () => Interlocked.Decrement(ref _snapshotSends)))
        {
            return;
        }

        Interlocked.Decrement(ref _snapshotSends);
        database.Dispose();
        _inbox.Receiver.ReportSnapshot(message.To, delivered: false);
    }

    /// <inheritdoc />
    public void AddPeer(ulong memberId, IReadOnlyList<string> urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        lock (_changes)
        {
            if (_isClosed || memberId == Self.MemberId || urls.Count == 0 || _peers.ContainsKey(memberId))
            {
                return;
            }

            var peer = new PeerLink(CreateContext(memberId, urls), _tasks);
            _peers = new Dictionary<ulong, PeerLink>(_peers) { [memberId] = peer };
            peer.Start();
        }

        _log.AddedPeer(PeerHeaders.FormatId(Self.MemberId), PeerHeaders.FormatId(memberId), urls);
    }

    /// <inheritdoc />
    public void AddRemote(ulong memberId, IReadOnlyList<string> urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        lock (_changes)
        {
            bool isKnown = memberId == Self.MemberId || _peers.ContainsKey(memberId) || _remotes.ContainsKey(memberId);
            if (!_isClosed && !isKnown && urls.Count > 0 && _remotes.Count < _options.RemotesMax)
            {
                var pipeline = new MessagePipeline(CreateContext(memberId, urls), _tasks);
                _remotes = new Dictionary<ulong, MessagePipeline>(_remotes) { [memberId] = pipeline };
            }
        }
    }

    /// <inheritdoc />
    public void UpdatePeer(ulong memberId, IReadOnlyList<string> urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        if (urls.Count > 0 && _peers.TryGetValue(memberId, out PeerLink? peer))
        {
            peer.UpdateUrls(urls);
            _log.UpdatedPeer(PeerHeaders.FormatId(Self.MemberId), PeerHeaders.FormatId(memberId), urls);
        }
    }

    /// <inheritdoc />
    public void RemovePeer(ulong memberId)
    {
        PeerLink? peer;
        lock (_changes)
        {
            // Closed, all links have ended already; apply may go on a little longer.
            var peers = new Dictionary<ulong, PeerLink>(_peers);
            if (_isClosed || !peers.Remove(memberId, out peer))
            {
                return;
            }

            _peers = peers;
        }

        peer.Dispose();
        _log.RemovedPeer(PeerHeaders.FormatId(Self.MemberId), PeerHeaders.FormatId(memberId));
    }

    /// <inheritdoc />
    public long? ActiveSince(ulong memberId) => _peers.TryGetValue(memberId, out PeerLink? peer) ? peer.Context.Activity.Since : null;

    /// <summary>Whether the member is one this one exchanges streams with.</summary>
    public bool KnowsPeer(ulong memberId) => _peers.ContainsKey(memberId);

    /// <summary>How many of its two streams the member has opened.</summary>
    public int OpenStreamsTo(ulong memberId) => _peers.TryGetValue(memberId, out PeerLink? peer) ? peer.OpenStreams : 0;

    /// <summary>Senders outside the membership that are remembered for an answer.</summary>
    public int RemoteCount => _remotes.Count;

    /// <summary>Whether the id was removed from the cluster for good.</summary>
    public bool IsRemoved(ulong memberId) => _inbox.Receiver.IsRemoved(memberId);

    /// <summary>Writes a stream that a member has opened, until either side ends it.</summary>
    /// <param name="peerId">Who opened it; <see cref="KnowsPeer"/>.</param>
    /// <param name="kind">Which of the two streams.</param>
    /// <param name="output">Body of the answer; its head must have left.</param>
    /// <param name="aborted">Cancelled when the connection is lost.</param>
    public Task<PeerStreamEnd> ServeStreamAsync(ulong peerId, PeerStreamKind kind, PipeWriter output, CancellationToken aborted) =>
        _peers.TryGetValue(peerId, out PeerLink? peer)
            ? peer.ServeAsync(kind, output, aborted)
            : Task.FromResult(PeerStreamEnd.Closed);

    /// <summary>Answers a request for a stream on a connection without TLS, past the server that accepted it: whoever sends a message writes it into
    /// the socket. The caller closes the connection afterwards, and has answered nothing.</summary>
    /// <param name="peerId">Who opened it; <see cref="KnowsPeer"/>.</param>
    /// <param name="kind">Which of the two streams.</param>
    /// <param name="connection">The connection; nobody else writes to it.</param>
    /// <param name="aborted">Cancelled when the connection is lost.</param>
    public Task ServeStreamAsync(ulong peerId, PeerStreamKind kind, Socket connection, CancellationToken aborted) =>
        new SocketStream(connection, Self, _options.ServerVersion).ServeAsync(output => ServeStreamAsync(peerId, kind, output, aborted), _time, aborted);

    /// <summary>Decides whether a <c>/raft</c> request is from a member this one works with.</summary>
    /// <returns>Why not, as the protocol says it; <see langword="null"/> when it is.</returns>
    public string? RefusalOf(in PeerRequestHead head) => _admission.RefusalOf(head);

    /// <summary>Makes an answer possible to a sender that the membership does not name yet.</summary>
    public void RememberSender(in PeerRequestHead head)
    {
        if (PeerHeaders.TryParseId(head.From, out ulong from) && !string.IsNullOrEmpty(head.PeerUrls))
        {
            AddRemote(from, head.PeerUrls.Split(','));
        }
    }

    /// <summary>A stream was asked for by a member that the membership does not name: one of another cluster with the same id, or one that joined
    /// while this member is behind, which can be answered all the same.</summary>
    /// <param name="memberId">Who it says it is.</param>
    /// <param name="head">The request's head.</param>
    /// <param name="remote">Where it came from, if known.</param>
    public void OnUnknownSender(ulong memberId, in PeerRequestHead head, IPEndPoint? remote)
    {
        string from = PeerHeaders.FormatId(memberId);
        RememberSender(head with { From = from });
        if (_told.IsNew($"{remote?.Address} {from}", PeerRefusals.SenderNotFound))
        {
            string self = PeerHeaders.FormatId(Self.MemberId);
            _log.StreamFromStranger(self, self, from, PeerHeaders.FormatId(Self.ClusterId), TextOf(remote));
        }
    }

    /// <summary>Takes a message that was posted.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="length">Its length, if the request tells it.</param>
    /// <param name="remote">Where it comes from, if known.</param>
    /// <param name="cancellationToken">The sender went away.</param>
    public async Task<PostReceipt> ReceivePostAsync(Stream body, long? length, IPEndPoint? remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var source = new StallGuard(body, _options.IdleTimeout, _time);
        (RaftMessage? message, int bytes, PostReceipt fault, string reason) =
            await PostReception.ReadAsync(source, length, cancellationToken).ConfigureAwait(false);
        if (message is null)
        {
            TellFaultOfPost(fault, reason, remote);
            return fault;
        }

        PeerTraffic? traffic = TrafficWith(message.From);
        traffic?.Received(bytes);
        if (_inbox.Deliver(message) == PeerDelivery.Taken)
        {
            return PostReceipt.Taken;
        }

        traffic?.ReceiveFailed();
        return PostReceipt.NotProcessed;
    }

    /// <summary>Takes a snapshot transfer.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="remote">Where it comes from, if known.</param>
    /// <param name="cancellationToken">The sender went away.</param>
    public async Task<SnapshotReceipt> ReceiveSnapshotAsync(Stream body, IPEndPoint? remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        var reception = new SnapshotReception(Self.MemberId, _inbox, _options, _time, _log, TrafficWith);
        SnapshotReceipt receipt = await reception.TakeAsync(body, cancellationToken).ConfigureAwait(false);
        if (receipt.Outcome == SnapshotReceiptOutcome.Undecodable && IsNewFault(remote, "snapshot"))
        {
            // The sender's id was in the message that cannot be read.
            _log.SnapshotUndecodable(PeerHeaders.FormatId(Self.MemberId), PeerHeaders.FormatId(0), TextOf(remote), receipt.Reason);
        }

        return receipt;
    }

    /// <summary>Closes all connections. Streams in progress end in order.</summary>
    public async ValueTask DisposeAsync()
    {
        Dictionary<ulong, PeerLink> peers;
        lock (_changes)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            peers = _peers;
        }

        await _ticker.DisposeAsync().ConfigureAwait(false);
        foreach (PeerLink peer in peers.Values)
        {
            peer.Dispose();
        }

        await _tasks.DisposeAsync().ConfigureAwait(false);
    }

    private static string TextOf(IPEndPoint? remote) => remote?.ToString() ?? "";

    private void TellFaultOfPost(PostReceipt fault, string reason, IPEndPoint? remote)
    {
        if (!IsNewFault(remote, $"post {fault}"))
        {
            return;
        }

        string self = PeerHeaders.FormatId(Self.MemberId);
        if (fault == PostReceipt.Undecodable)
        {
            _log.PostUndecodable(self, TextOf(remote), reason);
        }
        else
        {
            _log.PostUnreadable(self, TextOf(remote), reason);
        }
    }

    // Bytes that are no message name nobody. What is wrong with them differs from one to the next: one line is enough for all of an address.
    private bool IsNewFault(IPEndPoint? remote, string kind) => _told.IsNew(remote?.Address.ToString() ?? "", kind);

    private void Enqueue(Dictionary<ulong, PeerLink> peers, RaftMessage message)
    {
        if (peers.TryGetValue(message.To, out PeerLink? peer))
        {
            if (peer.TryEnqueue(message))
            {
                peer.IsDropping = false;
            }
            else
            {
                Drop(message, peer);
            }
        }
        else if (_remotes.TryGetValue(message.To, out MessagePipeline? remote) && remote.TryEnqueue(message) != EnqueueOutcome.Queued)
        {
            Drop(message, null);
        }
    }

    private void Drop(RaftMessage message, PeerLink? peer)
    {
        peer?.Context.Traffic.SendFailed();
        _inbox.Receiver.ReportUnreachable(message.To);
        if (peer is { IsDropping: false })
        {
            // Said when it begins, not with every message: whoever sends would spend its time on lines.
            peer.IsDropping = true;
            bool isActive = peer.Context.Activity.Since is not null;
            _log.SendQueueFull(message.Type.ToString(), PeerHeaders.FormatId(Self.MemberId), PeerHeaders.FormatId(message.To), isActive);
        }
    }

    private PeerContext CreateContext(ulong memberId, IReadOnlyList<string> urls) => new(
        memberId,
        new PeerUrls(urls),
        new PeerActivity(memberId, _time, _log),
        new PeerTraffic(),
        _requests,
        _inbox,
        _options,
        _time,
        _log);

    private PeerTraffic? TrafficWith(ulong memberId) => _peers.TryGetValue(memberId, out PeerLink? peer) ? peer.Context.Traffic : null;

    private void Tick()
    {
        long now = _time.GetTimestamp();
        foreach (PeerLink peer in _peers.Values)
        {
            peer.Tick(now);
        }
    }
}
