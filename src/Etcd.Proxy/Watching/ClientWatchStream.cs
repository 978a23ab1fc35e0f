using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Watching;

/// <summary>The watchers on one client's stream. One request at a time.</summary>
internal sealed class ClientWatchStream(Upstream upstream, WatchCoalescing coalescing, NamespacedMessages names, ForwardedCredentials credentials)
{
    private const string DuplicateId = "mvcc: duplicate watch ID provided on the WatchStream";

    // Over the watchers: an answer about progress is sent only while it speaks for all of them, and the cluster may end one at any time.
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ProxyWatcher> _watchers = [];
    private long _nextId;

    /// <summary>What waits to be sent.</summary>
    internal WatchOutbox Outbox { get; } = new();

    /// <summary>Takes a request.</summary>
    internal Task TakeAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        switch (request.RequestUnionCase)
        {
            case WatchRequest.RequestUnionOneofCase.CreateRequest:
                return CreateAsync(request.CreateRequest, cancellationToken);
            case WatchRequest.RequestUnionOneofCase.CancelRequest:
                Cancel(request.CancelRequest.WatchId);
                return Task.CompletedTask;
            case WatchRequest.RequestUnionOneofCase.ProgressRequest:
                // Answered when all watchers have answered; requests go on meanwhile.
                _ = ReportProgressAsync();
                return Task.CompletedTask;
            case WatchRequest.RequestUnionOneofCase.None:
            default:
                // A kind of request this release does not know: etcd ignores it.
                return Task.CompletedTask;
        }
    }

    /// <summary>Ends all watchers.</summary>
    internal void Close()
    {
        ProxyWatcher[] watchers;
        lock (_lock)
        {
            watchers = [.. _watchers.Values];
            _watchers.Clear();
        }

        foreach (ProxyWatcher watcher in watchers)
        {
            coalescing.Leave(watcher);
        }
    }

    private async Task CreateAsync(WatchCreateRequest request, CancellationToken cancellationToken)
    {
        names.Outward(request);
        ResponseHeader? refusedAt = null;
        string? refusal = null;
        if (request.WatchId != 0 && IsTaken(request.WatchId))
        {
            refusal = DuplicateId;
        }
        else if (!credentials.AreAnonymous)
        {
            // A shared watch was allowed when it began; whoever joins it must be allowed too, now.
            (refusal, refusedAt) = await CheckAsync(request, cancellationToken).ConfigureAwait(false);
        }

        if (refusal is not null)
        {
            Outbox.Post(new WatchResponse
            {
                Header = refusedAt ?? new ResponseHeader(),
                WatchId = -1,
                Created = true,
                Canceled = true,
                CancelReason = refusal,
            });
            return;
        }

        var key = WatchKey.Of(request, credentials);
        bool mayShare = !credentials.AreAnonymous || await coalescing.IsOpenToAllAsync(key, cancellationToken).ConfigureAwait(false);
        long id = request.WatchId != 0 ? request.WatchId : FreeId();
        var watcher = new ProxyWatcher(id, key, request.StartRevision, Outbox, Forget);
        lock (_lock)
        {
            _watchers[id] = watcher;
        }

        coalescing.Join(watcher, mayShare);
    }

    private long FreeId()
    {
        while (IsTaken(_nextId))
        {
            _nextId++;
        }

        return _nextId++;
    }

    private bool IsTaken(long id)
    {
        lock (_lock)
        {
            return _watchers.ContainsKey(id);
        }
    }

    private void Forget(long id, ProxyWatcher watcher)
    {
        lock (_lock)
        {
            // The client may have ended it, and given its id to another, at the same time.
            if (_watchers.TryGetValue(id, out ProxyWatcher? known) && known == watcher)
            {
                _watchers.Remove(id);
            }
        }
    }

    private async Task<(string? Refusal, ResponseHeader? Header)> CheckAsync(WatchCreateRequest request, CancellationToken cancellationToken)
    {
        var probe = new RangeRequest { Key = request.Key, RangeEnd = request.RangeEnd, Serializable = true, CountOnly = true, Limit = 1 };
        try
        {
            RangeResponse reply = await upstream
                .UnaryAsync(Methods.Range, probe, credentials, isRepeatable: true, cancellationToken).ConfigureAwait(false);
            return (null, reply.Header);
        }
        catch (RpcException failure) when (failure.Code is RpcStatusCode.PermissionDenied or RpcStatusCode.Unauthenticated or RpcStatusCode.InvalidArgument)
        {
            return (failure.Message, null);
        }
    }

    private void Cancel(long id)
    {
        ProxyWatcher? watcher;
        lock (_lock)
        {
            _watchers.Remove(id, out watcher);
        }

        if (watcher is not null)
        {
            coalescing.Leave(watcher);
            Outbox.Post(new WatchResponse { Header = new ResponseHeader(), WatchId = id, Canceled = true });
        }
    }

    // The answer goes to all watchers of the client. It must be true of each, of those too that came while the cluster was asked.
    private async Task ReportProgressAsync()
    {
        while (true)
        {
            ProxyWatcher[] watchers = Current();
            Task<ResponseHeader>[] questions = [.. watchers.Select(coalescing.ProgressAsync).OfType<Task<ResponseHeader>>()];
            if (questions.Length == 0)
            {
                return;
            }

            try
            {
                ResponseHeader[] answers = await Task.WhenAll(questions).ConfigureAwait(false);
                if (TryPost(new WatchResponse { Header = answers.MinBy(header => header.Revision), WatchId = -1 }, watchers))
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                // One of the watchers has ended or changed over to another watch: what is left is asked again.
            }
        }
    }

    private ProxyWatcher[] Current()
    {
        lock (_lock)
        {
            return [.. _watchers.Values];
        }
    }

    private bool TryPost(WatchResponse progress, ProxyWatcher[] asked)
    {
        lock (_lock)
        {
            if (_watchers.Values.Except(asked).Any())
            {
                return false;
            }

            Outbox.Post(progress);
            return true;
        }
    }
}
