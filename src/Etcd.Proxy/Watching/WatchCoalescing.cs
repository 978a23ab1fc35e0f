using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Watching;

/// <summary>Feeds the watchers of all clients, those that want the same from one watch of the cluster.</summary>
/// <remarks>
/// A watcher joins the shared watch at once only where that is sure to bring what the watcher wants and nothing older. Any other gets a watch of
/// its own first, also one that wants what is next: only the cluster knows what that is, and the shared watch may be behind it or, where its start
/// lies in the future, ahead. Once the own watch has told as much as the shared one, the watcher changes over: from there on the shared watch
/// brings everything, and what the watcher knows already it leaves out.
/// </remarks>
internal sealed class WatchCoalescing(Upstream upstream, NamespacedMessages names, ProxyFigures figures, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WatchKey, UpstreamWatch> _shared = [];
    private readonly AnonymousAccess _anonymous = new(upstream, time);

    /// <summary>Whether somebody without a token may join the watch that others without one share. It was allowed when it began; authentication may have been
    /// switched on since.</summary>
    /// <returns><see langword="false"/> also where there is no such watch, or no answer of the cluster.</returns>
    internal ValueTask<bool> IsOpenToAllAsync(WatchKey key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_shared.ContainsKey(key))
            {
                return default;
            }
        }

        return new ValueTask<bool>(_anonymous.IsGrantedAsync(cancellationToken));
    }

    /// <summary>Adds a watcher.</summary>
    /// <param name="watcher">The watcher.</param>
    /// <param name="mayShare">Whether it may see what others see; else it begins with a watch of its own, which the cluster allows or refuses.</param>
    internal void Join(ProxyWatcher watcher, bool mayShare)
    {
        UpstreamWatch? begun = null;
        lock (_lock)
        {
            if (!_shared.TryGetValue(watcher.Key, out UpstreamWatch? shared))
            {
                begun = _shared[watcher.Key] = NewWatch(watcher);
            }
            else if (mayShare && (shared.Delivered < 0 ? watcher.NextRevision == 0 : watcher.NextRevision > shared.Delivered))
            {
                Attach(watcher, shared);
                figures.ChangeWatchersCoalesced(1);
                if (shared.Header is { } header)
                {
                    watcher.Created(header);
                }
            }
            else
            {
                begun = NewWatch(watcher);
            }
        }

        if (begun is not null)
        {
            // Handles its own failures: they end the watchers it feeds.
            _ = RunAsync(begun, watcher.Key);
        }
    }

    /// <summary>Removes a watcher; its client is told nothing.</summary>
    internal void Leave(ProxyWatcher watcher)
    {
        UpstreamWatch? unused = null;
        lock (_lock)
        {
            if (watcher.Source is { } source)
            {
                unused = Detach(watcher, source);
            }
        }

        unused?.Dispose();
    }

    /// <summary>How far a watcher has come, asked of the cluster.</summary>
    /// <returns><see langword="null"/> for one that is over. The task is cancelled when the watcher changes over to another watch meanwhile, or ends.</returns>
    internal Task<ResponseHeader>? ProgressAsync(ProxyWatcher watcher)
    {
        UpstreamWatch? source;
        lock (_lock)
        {
            source = watcher.Source;
        }

        return source?.ProgressAsync();
    }

    private UpstreamWatch NewWatch(ProxyWatcher watcher)
    {
        var watch = new UpstreamWatch(upstream, watcher.Key, watcher.NextRevision, time);
        Attach(watcher, watch);
        return watch;
    }

    private static void Attach(ProxyWatcher watcher, UpstreamWatch watch)
    {
        watch.Watchers.Add(watcher);
        watcher.Source = watch;
    }

    /// <returns>The watch, if nobody wants it any more.</returns>
    private UpstreamWatch? Detach(ProxyWatcher watcher, UpstreamWatch source)
    {
        source.Watchers.Remove(watcher);
        watcher.Source = null;
        bool isShared = IsShared(watcher.Key, source);
        if (source.Watchers.Count > 0)
        {
            figures.ChangeWatchersCoalesced(-1);
            return null;
        }

        if (isShared)
        {
            _shared.Remove(watcher.Key);
        }

        return source;
    }

    private bool IsShared(WatchKey key, UpstreamWatch watch) => _shared.TryGetValue(key, out UpstreamWatch? shared) && shared == watch;

    private async Task RunAsync(UpstreamWatch watch, WatchKey key)
    {
        try
        {
            await watch.RunAsync(message => Take(watch, key, message)).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Where nobody wants it any more there is nobody to tell either.
            foreach (ProxyWatcher watcher in RemoveAll(watch, key))
            {
                watcher.Failed(failure is RpcException ? failure : new RpcException(RpcStatusCode.Internal, failure.Message, inner: failure));
            }
        }
        finally
        {
            // Whoever waits for an answer of it asks another.
            watch.Dispose();
        }
    }

    private bool Take(UpstreamWatch watch, WatchKey key, WatchResponse message)
    {
        if (message.Canceled)
        {
            foreach (ProxyWatcher watcher in RemoveAll(watch, key))
            {
                watcher.Canceled(message);
            }

            return false;
        }

        lock (_lock)
        {
            Spread(watch, message);
            if (!IsShared(key, watch))
            {
                HandOver(watch, key);
            }

            return watch.Watchers.Count > 0;
        }
    }

    // A watch that catches up ends when the shared one can take over; where whoever shared has left, it takes the place itself.
    private void HandOver(UpstreamWatch watch, WatchKey key)
    {
        if (!_shared.TryGetValue(key, out UpstreamWatch? shared))
        {
            _shared[key] = watch;
            return;
        }

        if (shared.Header is null || watch.Delivered < shared.Delivered)
        {
            return;
        }

        foreach (ProxyWatcher watcher in watch.Watchers)
        {
            Attach(watcher, shared);
            figures.ChangeWatchersCoalesced(1);
        }

        watch.Watchers.Clear();
    }

    private void Spread(UpstreamWatch watch, WatchResponse message)
    {
        watch.Header = message.Header;
        if (message.Created)
        {
            watch.Delivered = watch.Delivered < 0 ? message.Header.Revision : watch.Delivered;
            foreach (ProxyWatcher watcher in watch.Watchers)
            {
                watcher.Created(message.Header);
            }

            return;
        }

        foreach (Event change in message.Events)
        {
            names.Inward(change);
        }

        bool answersQuestion = message.Events.Count == 0 && message.WatchId < 0;
        long reached = message.Events.Count > 0 ? message.Events[^1].Kv.ModRevision : message.Header.Revision;
        watch.Delivered = Math.Max(watch.Delivered, reached);
        if (answersQuestion)
        {
            watch.AnswerProgress(message.Header);
            return;
        }

        long told = 0;
        foreach (ProxyWatcher watcher in watch.Watchers)
        {
            told += watcher.Tell(message);
        }

        figures.CountEventsCoalesced(Math.Max(0, told - message.Events.Count));
    }

    private ProxyWatcher[] RemoveAll(UpstreamWatch watch, WatchKey key)
    {
        lock (_lock)
        {
            ProxyWatcher[] fed = [.. watch.Watchers];
            watch.Watchers.Clear();
            foreach (ProxyWatcher watcher in fed)
            {
                watcher.Source = null;
            }

            if (IsShared(key, watch))
            {
                _shared.Remove(key);
            }

            figures.ChangeWatchersCoalesced(-Math.Max(0, fed.Length - 1));
            return fed;
        }
    }
}
