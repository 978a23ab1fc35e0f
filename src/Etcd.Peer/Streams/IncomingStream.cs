using System.Net;

using Etcd.Peer.Codecs;
using Etcd.Peer.Http;
using Etcd.Peer.Links;
using Etcd.Raft;

namespace Etcd.Peer.Streams;

/// <summary>One kind of stream from one member: opened by this one, again and again, and read for as long as it lives.</summary>
internal sealed class IncomingStream(PeerContext peer, PeerStreamKind kind)
{
    // Streams are served by every etcd from 2.1 on.
    private static readonly PeerVersion OldestWithStreams = new(2, 1);

    private readonly string _name = PeerStreamPaths.LogNameOf(kind);
    private readonly Lock _lock = new();
    private CancellationTokenSource? _open;
    private long _lastRead;
    private bool _isOver;

    /// <summary>Keeps the stream open until the member stops or is told that it was removed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!_isOver && !cancellationToken.IsCancellationRequested)
        {
            long began = peer.Time.GetTimestamp();
            await ReadOnceAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan rest = peer.Options.RedialInterval - peer.Time.GetElapsedTime(began);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, peer.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Gives up a connection that has been silent for too long.</summary>
    public void Tick(long now)
    {
        if (peer.Time.GetElapsedTime(Volatile.Read(ref _lastRead), now) < peer.Options.IdleTimeout)
        {
            return;
        }

        lock (_lock)
        {
            _open?.Cancel();
        }
    }

    private async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        using var open = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Touch();
        lock (_lock)
        {
            _open = open;
        }

        string url = peer.Urls.Current;
        string doing = "dial";
        try
        {
            using HttpResponseMessage answer = await DialAsync(url, open.Token).ConfigureAwait(false);
            doing = "read";
            await ReadAllAsync(answer, open.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The member stops, or the peer was removed.
        }
        catch (Exception failure)
        {
            Fail(url, doing, open.IsCancellationRequested ? "i/o timeout" : failure.Message, failure);
        }
        finally
        {
            lock (_lock)
            {
                _open = null;
            }
        }
    }

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

    private async Task<HttpResponseMessage> DialAsync(string url, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = peer.Requests.Create(HttpMethod.Get, url, PeerStreamPaths.PathOf(kind, peer.SelfName));
        request.Headers.TryAddWithoutValidation(PeerHeaders.To, peer.PeerName);
        HttpResponseMessage answer = await peer.Requests.Http.Streams.SendAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await PeerAnswer.FaultOfAsync(peer, answer, HttpStatusCode.OK, cancellationToken).ConfigureAwait(false) is { } fault)
            {
                _isOver = fault == PeerRefusals.Removed;
                throw new HttpRequestException(fault);
            }

            RequireStreams(answer);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private static void RequireStreams(HttpResponseMessage answer)
    {
        string? text = answer.Headers.TryGetValues(PeerHeaders.Version, out IEnumerable<string>? values) ? values.First() : null;
        if (!PeerVersion.TryParse(text, out PeerVersion version) || version < OldestWithStreams)
        {
            throw new HttpRequestException("unsupported stream type");
        }
    }

    private async Task ReadAllAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        peer.Activity.Succeeded();
        peer.Log.ReaderAttached(_name, peer.SelfName, peer.PeerName);
        IStreamDecoder decoder = kind == PeerStreamKind.Append ? new AppendDecoder(peer.SelfId, peer.PeerId) : new MessageDecoder();
        var buffer = new ReceiveBuffer();
        Stream source = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            while (await source.ReadAsync(buffer.Free(), cancellationToken).ConfigureAwait(false) is > 0 and int count)
            {
                Touch();
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
        }

        throw new EndOfStreamException("EOF");
    }

    private void Touch() => Volatile.Write(ref _lastRead, peer.Time.GetTimestamp());
}
