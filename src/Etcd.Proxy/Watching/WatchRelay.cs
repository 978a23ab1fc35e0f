using Etcd.Client.Calls;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Watching;

/// <summary>etcdserverpb.Watch: one call of a client carries any number of watchers.</summary>
internal sealed class WatchRelay(Upstream upstream, WatchCoalescing coalescing, NamespacedMessages names)
{
    private const int MessagesPerFlushMax = 256;
    private const int BytesPerFlush = 128 * 1024;

    internal void AddTo(RpcServiceTable table) =>
        table.AddStreaming(Methods.Watch.Service, Methods.Watch.Name, RpcMethodKind.BidiStream, ServeAsync);

    private async Task ServeAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        await replies.SendHeadersAsync(ended.Token).ConfigureAwait(false);
        var stream = new ClientWatchStream(upstream, coalescing, names, ForwardedCredentials.Of(call));
        Task sending = SendOrEndAsync(stream.Outbox, replies, ended);
        try
        {
            while (await requests.MoveNextAsync(ended.Token).ConfigureAwait(false))
            {
                await stream.TakeAsync(RequestMessage.Parse(WatchRequest.Parser, requests.Current), ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!call.CancellationToken.IsCancellationRequested)
        {
            // Sending has failed, and says why below.
        }
        finally
        {
            stream.Close();
            await ended.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    private static async Task SendOrEndAsync(WatchOutbox outbox, RpcReplyWriter replies, CancellationTokenSource ended)
    {
        try
        {
            while (await outbox.WaitAsync(ended.Token).ConfigureAwait(false))
            {
                for (int written = 0;
                    written < MessagesPerFlushMax && replies.UnsentBytes < BytesPerFlush && outbox.TryTake(out WatchResponse? message);
                    written++)
                {
                    message.WriteTo(replies.Begin());
                    replies.End();
                }

                await replies.FlushAsync(ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch
        {
            // A stream that can send no more must not go on reading: the client would wait for events that never come.
            await ended.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
