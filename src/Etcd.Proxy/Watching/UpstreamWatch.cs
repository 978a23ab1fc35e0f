using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Watching;

/// <summary>A watch of the cluster: a stream of its own, opened again at another member where one fails.</summary>
internal sealed class UpstreamWatch : IDisposable
{
    private readonly Upstream _upstream;
    private readonly WatchKey _key;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationToken _ended;
    private readonly Lock _writing = new();
    private readonly List<TaskCompletionSource<ResponseHeader>> _progress = [];
    private RpcStreamCall<WatchRequest, WatchResponse>? _stream;
    private Task _lastWrite = Task.CompletedTask;
    private bool _isOver;

    /// <summary>Prepares the watch; <see cref="RunAsync"/> opens it.</summary>
    /// <param name="upstream">The cluster.</param>
    /// <param name="key">What it is about.</param>
    /// <param name="startRevision">The first revision wanted; 0 for what is next.</param>
    /// <param name="time">The clock of the pauses between attempts.</param>
    internal UpstreamWatch(Upstream upstream, WatchKey key, long startRevision, TimeProvider time)
    {
        _upstream = upstream;
        _key = key;
        _time = time;
        _ended = _end.Token;
        Delivered = startRevision > 0 ? startRevision - 1 : -1;
    }

    /// <summary>Whom it feeds. Belongs to <see cref="WatchCoalescing"/>, under its lock.</summary>
    internal HashSet<ProxyWatcher> Watchers { get; } = [];

    /// <summary>Everything up to this revision has been told; below 0 while it does not stand yet. Under the lock as well.</summary>
    internal long Delivered { get; set; }

    /// <summary>The last header that the cluster sent; <see langword="null"/> while the watch does not stand. Under the lock as well.</summary>
    internal ResponseHeader? Header { get; set; }

    /// <summary>Reads the watch until it ends.</summary>
    /// <param name="take">Gets each message; <see langword="false"/> ends the reading.</param>
    /// <exception cref="RpcException">The watch cannot go on.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    internal async Task RunAsync(Func<WatchResponse, bool> take)
    {
        var backoff = new Backoff(_time, _upstream.Endpoints.Count);
        while (true)
        {
            string member = _upstream.Current;
            try
            {
                await ReadAsync(member, take, backoff).ConfigureAwait(false);
                return;
            }
            catch (RpcException failure) when (RetryRules.CanReopen(failure))
            {
                _upstream.MoveOnFrom(member);
                await backoff.WaitAsync(longest: null, _ended).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Asks the cluster how far the watch has come.</summary>
    /// <returns>The header of the answer: everything up to its revision has been told before. Cancelled when the watch ends without one.</returns>
    internal Task<ResponseHeader> ProgressAsync()
    {
        var asked = new TaskCompletionSource<ResponseHeader>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_writing)
        {
            if (_isOver)
            {
                asked.SetCanceled(CancellationToken.None);
                return asked.Task;
            }

            _progress.Add(asked);
            if (_stream is { } stream)
            {
                _lastWrite = AskAsync(_lastWrite, stream);
            }
        }

        return asked.Task;
    }

    /// <summary>Somebody asked for progress, and this answers it.</summary>
    internal void AnswerProgress(ResponseHeader header)
    {
        TaskCompletionSource<ResponseHeader>[] asked;
        lock (_writing)
        {
            asked = [.. _progress];
            _progress.Clear();
        }

        foreach (TaskCompletionSource<ResponseHeader> one in asked)
        {
            one.TrySetResult(header);
        }
    }

    /// <summary>Nobody wants it any more, or it has ended.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            _progress.ForEach(asked => asked.TrySetCanceled(CancellationToken.None));
            _progress.Clear();
        }

        _end.Cancel();
        _end.Dispose();
    }

    private async Task ReadAsync(string member, Func<WatchResponse, bool> take, Backoff backoff)
    {
        using RpcStreamCall<WatchRequest, WatchResponse> stream = await _upstream
            .StreamAsync(Methods.Watch, member, _key.Credentials, _ended).ConfigureAwait(false);
        await stream.WriteAsync(_key.ToRequest(Delivered < 0 ? 0 : Delivered + 1), _ended).ConfigureAwait(false);
        lock (_writing)
        {
            _stream = stream;
            if (_progress.Count > 0)
            {
                _lastWrite = AskAsync(Task.CompletedTask, stream);
            }
        }

        try
        {
            while (await stream.MoveNextAsync(_ended).ConfigureAwait(false))
            {
                backoff.Reset();
                if (!take(stream.Current))
                {
                    return;
                }
            }
        }
        finally
        {
            lock (_writing)
            {
                _stream = null;
            }
        }

        throw new RpcException(RpcStatusCode.Unavailable, "the member ended the watch stream");
    }

    // One writer at a time on a stream.
    private async Task AskAsync(Task previous, RpcStreamCall<WatchRequest, WatchResponse> stream)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await stream.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, _ended).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The reader meets the same failure and opens the stream again; the question goes there.
        }
    }
}
