using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

namespace Etcdctl.History;

/// <summary>Reads a key's past: the value that compaction left, and what a watch from there on reports.</summary>
internal sealed class HistoryReader(EtcdClient client)
{
    private const string Compacted = "etcdserver: mvcc: required revision has been compacted";

    private static readonly TimeSpan AskEach = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fromRevision">Oldest revision wanted; 0: all there are.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="RpcException">The cluster refused.</exception>
    public async Task<KeyHistory> ReadAsync(byte[] key, long fromRevision, CancellationToken cancellationToken)
    {
        long compactRevision = 0;
        while (true)
        {
            RangeResponse now = await client.Kv.GetAsync(key, options: null, cancellationToken);
            try
            {
                List<Event> changes = await KeptAsync(key, compactRevision, cancellationToken);
                long start = Math.Max(compactRevision + 1, fromRevision);
                await foreach (Event change in ChangesAsync(key, start, now, cancellationToken))
                {
                    changes.Add(change);
                }

                changes.RemoveAll(change => change.Kv.ModRevision < fromRevision);
                return new KeyHistory(now.Header, now.Kvs.Count > 0 ? now.Kvs[0].Key : ((EtcdBytes)key).ByteString, compactRevision, changes);
            }
            catch (WatchCompactedException lost)
            {
                // The first look tells from where on there is history; a later one, that more was compacted meanwhile.
                compactRevision = Math.Max(lost.CompactRevision, compactRevision + 1);
            }
            catch (RpcException error) when (error.Message == Compacted)
            {
                // Compacted further while this went on. The error does not say how far, a watch from the first revision does.
                compactRevision = 0;
            }
        }
    }

    // Of what is compacted, the value that the key had then is kept.
    private async Task<List<Event>> KeptAsync(byte[] key, long compactRevision, CancellationToken cancellationToken)
    {
        if (compactRevision == 0)
        {
            return [];
        }

        RangeResponse then = await client.Kv.GetAsync(key, new GetOptions { Revision = compactRevision }, cancellationToken);
        return [.. then.Kvs.Select(pair => new Event { Type = Event.Types.EventType.Put, Kv = pair })];
    }

    private async IAsyncEnumerable<Event> ChangesAsync(
        byte[] key, long start, RangeResponse now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long end = now.Header.Revision;
        long last = now.Kvs.Count > 0 ? now.Kvs[0].ModRevision : end;
        if (start > last)
        {
            yield break;
        }

        using CancellationTokenSource finished = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Watcher watcher = client.Watch.Open(key, new WatchOptions { StartRevision = start, Fragment = true });
        Task asking = AskAsync(watcher, finished.Token);
        try
        {
            await foreach (WatchResponse report in watcher.ReadAsync(cancellationToken))
            {
                foreach (Event change in report.Events.Where(change => change.Kv.ModRevision <= end))
                {
                    yield return change;
                }

                // A key that is there ends with the change that made it so; for one that is not, the server says how far it has looked.
                // A report's own revision says nothing: the first of many reports has the newest too.
                if (report.Events.Any(change => change.Kv.ModRevision >= last) || (report.Events.Count == 0 && report.Header.Revision >= end))
                {
                    yield break;
                }
            }
        }
        finally
        {
            await finished.CancelAsync();
            await asking;
        }
    }

    // A server that has not caught up yet drops the question.
    private static async Task AskAsync(Watcher watcher, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(AskEach, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!cancellationToken.IsCancellationRequested)
            {
                await watcher.RequestProgressAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
