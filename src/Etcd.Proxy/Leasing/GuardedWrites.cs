using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>Writes keys, each in a transaction that is carried out only while nobody but this proxy owns one of them.</summary>
/// <remarks>
/// The condition is that no mark of ownership is younger than what the proxy knows: its own, or those it has seen and taken from their owners. It
/// holds for a write that reaches the cluster late, too, which is why the proxy lets go of a key when it does not know what a write has done.
/// </remarks>
internal sealed class GuardedWrites(LeasingSessions sessions, LeasingCluster cluster)
{
    /// <summary>Writes.</summary>
    /// <param name="written">The keys that may change, as clients name them.</param>
    /// <param name="operation">The write, in the cluster's names.</param>
    /// <param name="credentials">Who writes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer to the operation, with the header of all.</returns>
    internal async Task<(ResponseHeader Header, ResponseOp Answer)> WriteAsync(
        IReadOnlyList<KeyInterval> written, RequestOp operation, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        LeasingSession? session = sessions.Current;
        bool areMarksWritten = written.Any(cluster.AreMarksIn);
        if (areMarksWritten)
        {
            // What changes marks takes away what they stand for: nothing may be answered from memory from before it on.
            session?.End();
        }

        using OwnedKeyWrite? write = session?.Keys.BeginWrite(written);
        try
        {
            // Where keys of a range are the proxy's own, others in it may be older ones of somebody else: they have to be looked at first.
            long? seen = write is not null && written.Any(interval => !interval.IsOne && write.OwnsIn(interval))
                ? await RevokeAsync().ConfigureAwait(false)
                : null;
            while (true)
            {
                TxnRequest guarded = Guarded(written, operation, interval => seen ?? (interval.IsOne ? write?.SinceOf(interval.Start) : null) ?? 0);
                TxnResponse reply = await cluster.CommitAsync(guarded, credentials, cancellationToken).ConfigureAwait(false);
                if (reply.Succeeded)
                {
                    return (reply.Header, reply.Responses[0]);
                }

                seen = await RevokeAsync().ConfigureAwait(false);
            }
        }
        catch
        {
            // One that has just been asked for is given up when the answer comes.
            foreach ((ByteString key, long since) in (write?.Take() ?? []).Where(taken => taken.Since > 0))
            {
                session!.GiveUp(key, since);
            }

            throw;
        }
        finally
        {
            if (areMarksWritten)
            {
                // Another may have begun meanwhile.
                sessions.Current?.End();
            }
        }

        async Task<long> RevokeAsync()
        {
            long revision = await cluster.RevokeAsync(written, session?.Lease ?? 0, credentials, cancellationToken).ConfigureAwait(false);

            // Keys that have become the proxy's up to that revision are written as well.
            write?.Mark();
            return revision;
        }
    }

    private TxnRequest Guarded(IReadOnlyList<KeyInterval> written, RequestOp operation, Func<KeyInterval, long> knownUpTo)
    {
        var guarded = new TxnRequest { Success = { operation } };
        foreach (KeyInterval interval in written)
        {
            guarded.Compare.Add(cluster.MarkedUpTo(interval, knownUpTo(interval)));
        }

        return guarded;
    }
}
