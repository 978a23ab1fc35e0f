using Etcd.Api.Metrics;

namespace Etcd.Proxy;

/// <summary>What the proxy counts: the <c>etcd_grpc_proxy_*</c> metrics, names and kinds as etcd's.</summary>
internal sealed class ProxyFigures
{
    private long _cacheHits;
    private long _cacheMisses;
    private long _eventsCoalesced;
    private long _watchersCoalesced;

    internal void CountCacheHit() => Interlocked.Increment(ref _cacheHits);

    internal void CountCacheMiss() => Interlocked.Increment(ref _cacheMisses);

    /// <summary>Events that watchers got beside the first one.</summary>
    internal void CountEventsCoalesced(long events) => Interlocked.Add(ref _eventsCoalesced, events);

    /// <summary>A watcher shares a watch, or shares it no longer.</summary>
    /// <param name="change">1 or -1.</param>
    internal void ChangeWatchersCoalesced(int change) => Interlocked.Add(ref _watchersCoalesced, change);

    /// <summary>Adds the metrics.</summary>
    /// <param name="metrics">Where to.</param>
    /// <param name="cachedReplies">Reads how many replies are remembered.</param>
    internal void AddTo(MetricsRegistry metrics, Func<double> cachedReplies)
    {
        metrics.AddGauge("etcd_grpc_proxy_cache_hits_total", "Total number of cache hits", () => Interlocked.Read(ref _cacheHits));
        metrics.AddGauge("etcd_grpc_proxy_cache_misses_total", "Total number of cache misses", () => Interlocked.Read(ref _cacheMisses));
        metrics.AddGauge("etcd_grpc_proxy_cache_keys_total", "Total number of keys/ranges cached", cachedReplies);
        metrics.AddCounter(
            "etcd_grpc_proxy_events_coalescing_total", "Total number of events coalescing", () => Interlocked.Read(ref _eventsCoalesced));
        metrics.AddGauge(
            "etcd_grpc_proxy_watchers_coalescing_total", "Total number of current watchers coalescing", () => Interlocked.Read(ref _watchersCoalesced));
    }
}
