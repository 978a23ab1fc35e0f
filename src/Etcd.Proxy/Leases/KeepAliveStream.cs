using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Leases;

/// <summary>One stream of keep-alives to the cluster, for the leases of all clients of a user.</summary>
/// <remarks>Keep-alives of one lease that come while one is on its way are answered by it.</remarks>
internal sealed class KeepAliveStream : IDisposable
{
    private readonly Upstream _upstream;
    private readonly ForwardedCredentials _credentials;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationToken _ended;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource<LeaseKeepAliveResponse>> _asked = [];
    private RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>? _stream;

    /// <summary>Prepares the stream; the first keep-alive opens it.</summary>
    internal KeepAliveStream(Upstream upstream, ForwardedCredentials credentials)
    {
        _upstream = upstream;
        _credentials = credentials;
        _ended = _end.Token;
    }

    /// <summary>Keeps a lease alive.</summary>
    /// <param name="lease">Its id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RpcException">The cluster refuses, or cannot be reached.</exception>
    internal async Task<LeaseKeepAliveResponse> RenewAsync(long lease, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            string member = _upstream.Current;
            try
            {
                return await AskOnceAsync(lease, member, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException failure) when (RetryRules.CanReopen(failure) && attempt < _upstream.Endpoints.Count + 1)
            {
                _upstream.MoveOnFrom(member);
            }
        }
    }

    /// <summary>Closes the stream: its last client has gone.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _writing.Dispose();
    }

    private async Task<LeaseKeepAliveResponse> AskOnceAsync(long lease, string member, CancellationToken cancellationToken)
    {
        TaskCompletionSource<LeaseKeepAliveResponse>? answer;
        lock (_lock)
        {
            // Another client may ask for the same lease at this moment.
            _asked.TryGetValue(lease, out answer);
        }

        if (answer is null)
        {
            answer = await SendAsync(lease, member, cancellationToken).ConfigureAwait(false);
        }

        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<TaskCompletionSource<LeaseKeepAliveResponse>> SendAsync(long lease, string member, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stream is not { } stream)
            {
                stream = await _upstream
                    .StreamAsync(Methods.LeaseKeepAlive, member, _credentials, _ended).ConfigureAwait(false);
                _stream = stream;

                // Handles its own end: whoever waits is told.
                _ = ReadAsync(stream);
            }

            TaskCompletionSource<LeaseKeepAliveResponse>? answer;
            lock (_lock)
            {
                if (_asked.TryGetValue(lease, out answer))
                {
                    return answer;
                }

                answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _asked[lease] = answer;
            }

            // A request that is begun is written to its end, whoever gives up meanwhile.
            await stream.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, CancellationToken.None).ConfigureAwait(false);
            return answer;
        }
        catch (Exception failure) when (!_ended.IsCancellationRequested)
        {
            // The stream may have been let go of since it was looked up. No question may stay behind: whoever asks for the same lease would wait for
            // an answer that cannot come.
            RpcException end = EndOf(failure);
            FailAll(end);
            throw end;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync(RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream)
    {
        RpcException end;
        using (stream)
        {
            try
            {
                while (await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    Answer(stream.Current);
                }

                end = new RpcException(RpcStatusCode.Unavailable, "the member ended the keep-alive stream");
            }
            catch (Exception failure)
            {
                end = EndOf(failure);
            }

            Interlocked.CompareExchange(ref _stream, null, stream);
        }

        FailAll(end);
    }

    // A stream that this side has let go of says Canceled. No client asked for that: it is tried again.
    private static RpcException EndOf(Exception failure) => failure is RpcException { Code: not RpcStatusCode.Canceled } status
        ? status
        : new RpcException(RpcStatusCode.Unavailable, failure.Message, inner: failure);

    private void Answer(LeaseKeepAliveResponse reply)
    {
        TaskCompletionSource<LeaseKeepAliveResponse>? answer;
        lock (_lock)
        {
            _asked.Remove(reply.ID, out answer);
        }

        answer?.TrySetResult(reply);
    }

    private void FailAll(RpcException failure)
    {
        TaskCompletionSource<LeaseKeepAliveResponse>[] waiting;
        lock (_lock)
        {
            waiting = [.. _asked.Values];
            _asked.Clear();
        }

        foreach (TaskCompletionSource<LeaseKeepAliveResponse> answer in waiting)
        {
            answer.TrySetException(failure);
        }
    }
}
