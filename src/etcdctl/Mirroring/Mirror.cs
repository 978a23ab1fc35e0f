using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Mirroring;

/// <summary>Copies the keys of one revision, then every change after it, in order.</summary>
/// <remarks>A lost connection to the source is taken up where it ended, a failed write to the destination is repeated: no change is left out. When that is
/// impossible because the source was compacted, the mirror ends.</remarks>
internal sealed class Mirror(EtcdClient source, MirrorWriter writer, MirrorKeys keys, MirrorFigures figures)
{
    private const int PageKeysMax = 1000;
    private const long PageBytesWanted = 4 << 20;
    private const string Compacted = "etcdserver: mvcc: required revision has been compacted";

    private long _copiedRevision;

    /// <summary>Runs until it fails or the token is cancelled.</summary>
    /// <param name="fromRevision">First revision whose changes are copied, of keys that are at the destination already; 0: copies the keys first.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SourceCompactedException">Changes were lost.</exception>
    /// <exception cref="RpcException">Source or destination refused.</exception>
    public async Task RunAsync(long fromRevision, CancellationToken cancellationToken)
    {
        long next = fromRevision > 0 ? fromRevision : await CopyKeysAsync(cancellationToken) + 1;
        _copiedRevision = next - 1;
        try
        {
            await foreach (WatchResponse report in source.Watch.WatchAsync(keys.Range, new WatchOptions { StartRevision = next }, cancellationToken))
            {
                await CopyChangesAsync(report, cancellationToken);
            }
        }
        catch (WatchCompactedException lost)
        {
            throw new SourceCompactedException(lost.Message, lost.CompactRevision, _copiedRevision);
        }
    }

    private async Task<long> CopyKeysAsync(CancellationToken cancellationToken)
    {
        long revision = 0;
        long limit = PageKeysMax;
        KeyRange rest = keys.Range;
        while (true)
        {
            RangeResponse page = await ReadPageAsync(rest, revision, limit, cancellationToken);
            revision = revision == 0 ? page.Header.Revision : revision;
            figures.Revision = revision;
            long bytes = 0;
            foreach (KeyValue pair in page.Kvs)
            {
                bytes += pair.Key.Length + pair.Value.Length;
                await writer.AddAsync(Operations.Put(keys.AtDestination(pair.Key), pair.Value), pair.CalculateSize(), cancellationToken);
            }

            await writer.FlushAsync(cancellationToken);
            if (!page.More)
            {
                return revision;
            }

            // Large values come in smaller pages: a page is held in memory as a whole.
            limit = bytes > PageBytesWanted ? Math.Max(1, limit / 2) : Math.Min(PageKeysMax, limit * 2);
            rest = keys.After(page.Kvs[^1].Key);
        }
    }

    private async Task<RangeResponse> ReadPageAsync(KeyRange rest, long revision, long limit, CancellationToken cancellationToken)
    {
        try
        {
            return await source.Kv.GetAsync(rest, new GetOptions { Limit = limit, Revision = revision }, cancellationToken);
        }
        catch (RpcException error) when (error.Message == Compacted)
        {
            throw new SourceCompactedException(Compacted, compactRevision: 0, copiedRevision: 0);
        }
    }

    // The changes of one revision go into one transaction, as far as the destination takes that many.
    private async Task CopyChangesAsync(WatchResponse report, CancellationToken cancellationToken)
    {
        long revision = 0;
        foreach (Event change in report.Events)
        {
            if (change.Kv.ModRevision != revision)
            {
                await writer.FlushAsync(cancellationToken);
                NoteCopied(revision);
                revision = change.Kv.ModRevision;
            }

            await writer.AddAsync(
                change.Type == Event.Types.EventType.Delete
                    ? Operations.Delete(keys.AtDestination(change.Kv.Key))
                    : Operations.Put(keys.AtDestination(change.Kv.Key), change.Kv.Value),
                change.Kv.CalculateSize(),
                cancellationToken);
        }

        await writer.FlushAsync(cancellationToken);
        NoteCopied(report.Header.Revision);
    }

    private void NoteCopied(long revision)
    {
        if (revision > _copiedRevision)
        {
            _copiedRevision = revision;
            figures.Revision = revision;
        }
    }
}
