using System.Diagnostics;
using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Top;

/// <summary>Finds out which keys change most, by a watch of all of them that ends once it has seen enough.</summary>
internal sealed class HotPrefixes(EtcdClient client, int depth)
{
    private const int EventsMax = 2000;
    private const int ShownMax = 10;

    /// <summary>Watches for a while, or until it has a sample.</summary>
    /// <returns>The busiest first; none when the user may not watch all keys.</returns>
    public async Task<IReadOnlyList<HotPrefix>> SampleAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        Dictionary<string, int> counts = [];
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(duration);
        int seen = 0;
        try
        {
            await foreach (WatchResponse report in client.Watch.WatchAsync(KeyRange.All, options: null, end.Token))
            {
                foreach (Event change in report.Events)
                {
                    string prefix = PrefixOf(change.Kv.Key.Span);
                    counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
                    seen++;
                }

                if (seen >= EventsMax)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time for the sample is over.
        }
        catch (Exception failure) when (failure is RpcException or WatchCanceledException)
        {
            return [];
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return
        [
            .. counts
                .OrderByDescending(count => count.Value)
                .ThenBy(count => count.Key, StringComparer.Ordinal)
                .Take(ShownMax)
                .Select(count => new HotPrefix(count.Key, count.Value / seconds)),
        ];
    }

    /// <summary>The first parts of a key, up to and with the slash after the last of them.</summary>
    public string PrefixOf(ReadOnlySpan<byte> key)
    {
        int length = key.StartsWith("/"u8) ? 1 : 0;
        for (int part = 0; part < depth; part++)
        {
            int slash = key[length..].IndexOf((byte)'/');
            if (slash < 0)
            {
                return part == 0 ? RawText.Decode(key) : RawText.Decode(key[..length]);
            }

            length += slash + 1;
        }

        return RawText.Decode(key[..length]);
    }
}
