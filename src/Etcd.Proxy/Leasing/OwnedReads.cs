using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>Answers reads of single keys, owned ones from memory; others become the proxy's by being read.</summary>
internal sealed class OwnedReads(LeasingSessions sessions, LeasingCluster cluster, NamespacedMessages names)
{
    /// <summary>Answers a read, if it is one that this is for.</summary>
    /// <param name="request">The read, in the cluster's names.</param>
    /// <param name="key">The key, as clients name it.</param>
    /// <param name="credentials">Who reads.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The answer, in the clients' names and not to be changed; <see langword="null"/> when the cluster must be asked.</returns>
    internal async ValueTask<RangeResponse?> TryReadAsync(
        RangeRequest request, ByteString key, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        // What one user may read is no answer to another, and the cluster alone knows who may.
        if (credentials != ForwardedCredentials.None || !IsOfOneKeyNow(request) || sessions.Current is not { IsValid: true } session)
        {
            return null;
        }

        // In this order: what is owned while the lease is sure to live is true, and was at a revision that had been seen before.
        ResponseHeader? latest = cluster.Latest;
        if (session.Keys.TryAnswer(key, out RangeResponse? answer) && session.IsValid)
        {
            return Shaped(request, answer, latest?.Revision >= answer.Header.Revision ? latest : answer.Header);
        }

        if (request.Serializable || session.Keys.BeginRead(key) is not { } read)
        {
            return null;
        }

        try
        {
            var plain = new RangeRequest { Key = request.Key };
            answer = read.IsAcquisition
                ? await AcquireAsync(session, read, plain, cancellationToken).ConfigureAwait(false)
                : await RefreshAsync(session, read, plain, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // It may be ownership alone that is refused, as without space. The read by itself succeeds, or says what is wrong.
            session.Keys.Abandon(read);
            return null;
        }
        catch
        {
            session.Keys.Abandon(read);
            throw;
        }

        // Other calls may have seen later revisions meanwhile, at which the key was another: the header is the read's own.
        return Shaped(request, answer, answer.Header);
    }

    private async Task<RangeResponse> AcquireAsync(
        LeasingSession session, OwnedKeyRead read, RangeRequest plain, CancellationToken cancellationToken)
    {
        TxnResponse reply = await cluster.AcquireAsync(read.Key, plain, session.Lease, cancellationToken).ConfigureAwait(false);
        RangeResponse answer = reply.Responses[0].ResponseRange;
        answer.Header = reply.Header;
        names.Inward(answer);
        if (reply.Succeeded)
        {
            if (!session.Keys.Complete(read, reply.Header.Revision, answer))
            {
                session.GiveUp(read.Key, reply.Header.Revision);
            }

            GiveUpSurplus(session);
            return answer;
        }

        session.Keys.Abandon(read);
        foreach (Protocol.Kv.KeyValue mark in reply.Responses[1].ResponseRange.Kvs.Where(mark => mark.Lease == session.Lease))
        {
            // Of an attempt whose outcome was not known. What was on its way then may still be: ownership begins anew.
            session.GiveUp(read.Key, mark.CreateRevision);
        }

        return answer;
    }

    private async Task<RangeResponse> RefreshAsync(
        LeasingSession session, OwnedKeyRead read, RangeRequest plain, CancellationToken cancellationToken)
    {
        RangeResponse answer = await cluster.ReadAsync(plain, cancellationToken).ConfigureAwait(false);
        names.Inward(answer);
        session.Keys.Complete(read, since: 0, answer);
        GiveUpSurplus(session);
        return answer;
    }

    private static void GiveUpSurplus(LeasingSession session)
    {
        while (session.Keys.TryTakeSurplus(out ByteString? surplus, out long since))
        {
            session.GiveUp(surplus, since);
        }
    }

    private static bool IsOfOneKeyNow(RangeRequest request) =>
        request.RangeEnd.IsEmpty
        && request.Revision == 0
        && request.MinModRevision == 0
        && request.MaxModRevision == 0
        && request.MinCreateRevision == 0
        && request.MaxCreateRevision == 0;

    private static RangeResponse Shaped(RangeRequest request, RangeResponse answer, ResponseHeader header)
    {
        var shaped = new RangeResponse { Header = header, Count = answer.Count };
        if (!request.CountOnly)
        {
            shaped.Kvs.AddRange(request.KeysOnly ? answer.Kvs.Select(WithoutValue) : answer.Kvs);
        }

        return shaped;
    }

    private static Protocol.Kv.KeyValue WithoutValue(Protocol.Kv.KeyValue pair)
    {
        Protocol.Kv.KeyValue bare = pair.Clone();
        bare.Value = ByteString.Empty;
        return bare;
    }
}
