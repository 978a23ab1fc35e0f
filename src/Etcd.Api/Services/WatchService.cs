using Etcd.Grpc.Server;
using Etcd.Mvcc.Watch;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Observation;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Watch: one call carries any number of watchers.</summary>
internal sealed class WatchService(EtcdServer server, CallAccess access, StreamGuard guard)
{
    /// <summary>Notices written before they are flushed, so that a slow client's back-pressure is felt.</summary>
    private const int NoticesPerFlushMax = 256;

    /// <summary>And bytes: a notice of history may have more than a megabyte. Those of small events do not get here before
    /// <see cref="NoticesPerFlushMax"/> does.</summary>
    private const int BytesPerFlush = 128 * 1024;

    private readonly WatchHub _hub = server.Watches;
    private readonly HeaderSource _headers = server.Headers;
    private readonly ServerInstruments _instruments = server.Readings.Instruments;

    internal void AddTo(RpcServiceTable table) =>
        table.AddStreaming(ServiceNames.Watch, "Watch", RpcMethodKind.BidiStream, guard.Around(WatchAsync));

    private async Task WatchAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken streamEnds)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(streamEnds);
        CancellationToken cancellationToken = ended.Token;
        using WatchStream stream = _hub.OpenStream();

        // A client may wait for the headers before it asks for its first watcher.
        await replies.SendHeadersAsync(cancellationToken).ConfigureAwait(false);
        var permissions = new WatchPermissions(access, call, stream);
        Task sending = SendOrEndAsync(stream, permissions, replies, ended);
        try
        {
            var asked = new RequestStream<WatchRequest>(requests, WatchRequest.Parser, _instruments.WatchStreams);
            while (await asked.NextAsync(cancellationToken).ConfigureAwait(false) is { } request)
            {
                // While the client takes no answers its next requests stay in the windows of the connection, which are bounded.
                await stream.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                await TakeAsync(request, stream, permissions).ConfigureAwait(false);
            }

            // A client that has no more to ask still listens, as one whose request is the body of an HTTP call.
            await sending.ConfigureAwait(false);
        }
        finally
        {
            stream.Dispose();
            await sending.ConfigureAwait(false);
        }
    }

    private static ValueTask TakeAsync(WatchRequest request, WatchStream stream, WatchPermissions permissions)
    {
        switch (request.RequestUnionCase)
        {
            case WatchRequest.RequestUnionOneofCase.CreateRequest:
                return permissions.CreateAsync(request.CreateRequest);
            case WatchRequest.RequestUnionOneofCase.CancelRequest:
                permissions.Cancel(request.CancelRequest.WatchId);
                return default;
            case WatchRequest.RequestUnionOneofCase.ProgressRequest:
                stream.RequestProgress();
                return default;
            default:
                // A kind of request this release does not know: etcd ignores it, and so clients of later releases expect.
                return default;
        }
    }

    // A stream that can send no more must not go on reading: the client would wait for events that never come.
    private async Task SendOrEndAsync(
        WatchStream stream, WatchPermissions permissions, RpcReplyWriter replies, CancellationTokenSource ended)
    {
        try
        {
            await SendAsync(stream, permissions, replies, ended.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (failure is not OperationCanceledException && !ended.IsCancellationRequested)
            {
                _instruments.WatchStreams.CountSent();
            }

            await ended.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task SendAsync(
        WatchStream stream, WatchPermissions permissions, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        while (await stream.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            int written = 0;
            long events = 0;
            while (stream.TryTake(out WatchNotice notice))
            {
                if (!permissions.Allows(notice))
                {
                    continue;
                }

                WatchResponseWriter.Write(replies.Begin(), _headers.ClusterId, _headers.MemberId, _headers.Term, notice);
                replies.End();
                events += notice.Events.Length;
                if (++written == NoticesPerFlushMax || replies.UnsentBytes >= BytesPerFlush)
                {
                    _instruments.CountWatchEventsSent(events);
                    events = 0;
                    await replies.FlushAsync(cancellationToken).ConfigureAwait(false);
                    written = 0;
                }
            }

            if (events > 0)
            {
                _instruments.CountWatchEventsSent(events);
            }

            await replies.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
