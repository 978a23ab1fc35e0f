using System.Net;
using System.Net.Sockets;

using Etcd.Peer.Codecs;
using Etcd.Peer.Http;
using Etcd.Peer.Links;
using Etcd.Raft;

namespace Etcd.Peer.Streams;

/// <summary>One kind of stream from one member: opened by this one, again and again, and read for as long as it lives.</summary>
/// <remarks>It has a thread of its own, which waits in the read itself: a message that arrives wakes the thread that takes it, and no other.</remarks>
internal sealed class IncomingStream(PeerContext peer, PeerStreamKind kind)
{
    /// <summary>Largest refusal that is read.</summary>
    private const int RefusalBytesMax = 64 * 1024;

    // Streams are served by every etcd from 2.1 on.
    private static readonly PeerVersion OldestWithStreams = new(2, 1);

    private readonly string _name = PeerStreamPaths.LogNameOf(kind);
    private bool _isOver;

    /// <summary>Name of the thread.</summary>
    public string ThreadName => $"etcd-{PeerStreamPaths.PathOf(kind, peer.PeerName)[1..].Replace('/', '-')}";

    /// <summary>Keeps the stream open until the member stops or is told that it was removed.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        using var never = new ManualResetEventSlim(initialState: false, spinCount: 0);
        while (!_isOver && !cancellationToken.IsCancellationRequested)
        {
            long began = peer.Time.GetTimestamp();
            ReadOnce(cancellationToken);
            Pause(never, peer.Options.RedialInterval - peer.Time.GetElapsedTime(began), cancellationToken);
        }
    }

    private static void Pause(ManualResetEventSlim never, TimeSpan rest, CancellationToken cancellationToken)
    {
        try
        {
            _ = rest > TimeSpan.Zero && never.Wait(rest, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The member stops, or the peer was removed.
        }
    }

    private void ReadOnce(CancellationToken cancellationToken)
    {
        string url = peer.Urls.Current;
        string doing = "dial";
        try
        {
            Uri target = PeerUrl.Parse(url);
            using BlockingConnection connection = BlockingConnection.Open(target, peer.Options, peer.Time, cancellationToken);
            AnswerReader answer = Ask(connection, target);
            doing = "read";
            ReadAll(answer);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The member stops, or the peer was removed: the connection was cut off.
        }
        catch (Exception failure)
        {
            Fail(url, doing, IsTimeout(failure) ? "i/o timeout" : failure.Message, failure);
        }
    }

    private static bool IsTimeout(Exception failure) =>
        failure.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut };

    private void Fail(string url, string doing, string why, Exception failure)
    {
        peer.Activity.Failed($"{_name} {doing}", why);
        if (doing == "dial")
        {
            peer.Urls.MoveOn(url);
            return;
        }

        if (failure is PeerFrameException)
        {
            peer.Traffic.ReceiveFailed();
            peer.Log.BadFrame(_name, peer.SelfName, peer.PeerName, why);
        }

        peer.Log.ReaderLost(_name, peer.SelfName, peer.PeerName, why);
    }

    private AnswerReader Ask(BlockingConnection connection, Uri url)
    {
        connection.Stream.Write(peer.Requests.CreateGet(url, PeerStreamPaths.PathOf(kind, peer.SelfName), peer.PeerName));
        var answer = new AnswerReader(connection.Stream);
        AnswerHead head = answer.ReadHead();
        if (head.Status != HttpStatusCode.OK)
        {
            string fault = PeerAnswer.FaultOf(peer, head.Status, head[PeerHeaders.ClusterId] ?? "", answer.ReadText(RefusalBytesMax));
            _isOver = fault == PeerRefusals.Removed;
            throw new IOException(fault);
        }

        if (!PeerVersion.TryParse(head[PeerHeaders.Version], out PeerVersion version) || version < OldestWithStreams)
        {
            throw new IOException("unsupported stream type");
        }

        return answer;
    }

    private void ReadAll(AnswerReader answer)
    {
        peer.Activity.Succeeded();
        peer.Log.ReaderAttached(_name, peer.SelfName, peer.PeerName);
        IStreamDecoder decoder = kind == PeerStreamKind.Append ? new AppendDecoder(peer.SelfId, peer.PeerId) : new MessageDecoder();
        var buffer = new ReceiveBuffer();
        while (answer.Read(buffer.Free().Span) is > 0 and int count)
        {
            buffer.Filled(count);
            peer.Traffic.Received(count);
            peer.Activity.Succeeded();
            while (decoder.TryRead(buffer, out RaftMessage? message))
            {
                if (message is not null && peer.Inbox.Deliver(message) != PeerDelivery.Taken)
                {
                    peer.Traffic.ReceiveFailed();
                }
            }
        }

        throw new EndOfStreamException("EOF");
    }
}
