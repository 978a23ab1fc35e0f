using System.Runtime.CompilerServices;

using Etcd.Client.Calls;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Client;

/// <summary>Elections among programs, also programs that use another client of etcd, <c>etcdctl elect</c> or the server's election service.</summary>
public sealed class ElectionClient
{
    private readonly CallInvoker _calls;
    private readonly LeaseClient _leases;
    private readonly WatchClient _watches;
    private readonly WaitingLine _line;

    internal ElectionClient(CallInvoker calls, LeaseClient leases, WatchClient watches, WaitingLine line)
    {
        _calls = calls;
        _leases = leases;
        _watches = watches;
        _line = line;
    }

    /// <summary>Waits until this candidate leads, with a session of its own.</summary>
    /// <param name="name">Name of the election.</param>
    /// <param name="value">What the leader proclaims, for instance its address.</param>
    /// <param name="ttlSeconds">How long leadership outlives a leader that dies.</param>
    /// <param name="cancellationToken">Gives the candidacy up.</param>
    /// <returns>The leadership; dispose it to resign.</returns>
    /// <exception cref="LeaseExpiredException">The lease was lost while waiting.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task<Leadership> CampaignAsync(
        EtcdBytes name, EtcdBytes value, long ttlSeconds = LockClient.DefaultTtlSeconds, CancellationToken cancellationToken = default)
    {
        LeaseSession session = await _leases.OpenSessionAsync(ttlSeconds, cancellationToken).ConfigureAwait(false);
        try
        {
            return await CampaignAsync(name, value, session, ownsSession: true, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until this candidate leads, for a session that lives on afterwards.</summary>
    /// <exception cref="LeaseExpiredException">The lease was lost while waiting.</exception>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<Leadership> CampaignAsync(EtcdBytes name, EtcdBytes value, LeaseSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return CampaignAsync(name, value, session, ownsSession: false, cancellationToken);
    }

    /// <summary>Who leads.</summary>
    /// <returns>The leader's key and what it proclaims; <see langword="null"/> when nobody leads.</returns>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public async Task<KeyValue?> LeaderAsync(EtcdBytes name, CancellationToken cancellationToken = default)
    {
        RangeResponse first = await _line.ReadAsync(WaitingLine.FirstOf(name), cancellationToken).ConfigureAwait(false);
        return first.Kvs.FirstOrDefault();
    }

    /// <summary>The leaders one after the other, and what each proclaims, from now on.</summary>
    /// <param name="name">Name of the election.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>First the leader there is, if there is one; then every change.</returns>
    /// <exception cref="Grpc.RpcException">The call failed for a reason that another attempt would not change.</exception>
    public async IAsyncEnumerable<LeaderResponse> ObserveAsync(
        EtcdBytes name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            RangeResponse first = await _line.ReadAsync(WaitingLine.FirstOf(name), cancellationToken).ConfigureAwait(false);
            LeaderResponse? leader = first.Kvs.Count > 0
                ? new LeaderResponse { Header = first.Header, Kv = first.Kvs[0] }
                : await FirstAfterAsync(WaitingLine.RangeOf(name), first.Header.Revision, cancellationToken).ConfigureAwait(false);
            if (leader is null)
            {
                continue;
            }

            yield return leader;
            await foreach (LeaderResponse next in FollowAsync(leader.Kv.Key, leader.Header.Revision, cancellationToken).ConfigureAwait(false))
            {
                yield return next;
            }
        }
    }

    private async Task<Leadership> CampaignAsync(
        EtcdBytes name, EtcdBytes value, LeaseSession session, bool ownsSession, CancellationToken cancellationToken)
    {
        Place place = await _line.JoinAsync(name, session.LeaseId, value, cancellationToken).ConfigureAwait(false);
        Leadership leadership = new(_line, place, session, ownsSession, _calls.Time);
        try
        {
            if (place.Found is { } found && found.Value != value.ByteString)
            {
                await leadership.ProclaimAsync(value, cancellationToken).ConfigureAwait(false);
            }

            if (!place.IsFirst)
            {
                await _line.WaitForTurnAsync(place, session, cancellationToken).ConfigureAwait(false);
            }

            return leadership;
        }
        catch
        {
            await leadership.LeaveAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Nobody was there: whoever comes first leads.
    private async Task<LeaderResponse?> FirstAfterAsync(KeyRange line, long revision, CancellationToken cancellationToken)
    {
        await foreach ((Event change, ResponseHeader header) in EventsAsync(line, revision + 1, cancellationToken).ConfigureAwait(false))
        {
            if (change.Type == Event.Types.EventType.Put)
            {
                header.Revision = change.Kv.ModRevision;
                return new LeaderResponse { Header = header, Kv = change.Kv };
            }
        }

        return null;
    }

    private async IAsyncEnumerable<LeaderResponse> FollowAsync(
        ByteString key, long revision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((Event change, ResponseHeader header) in EventsAsync(key, revision + 1, cancellationToken).ConfigureAwait(false))
        {
            if (change.Type == Event.Types.EventType.Delete)
            {
                yield break;
            }

            yield return new LeaderResponse { Header = header, Kv = change.Kv };
        }
    }

    // Ends when history was compacted under it: the next look begins anew.
    private async IAsyncEnumerable<(Event Change, ResponseHeader Header)> EventsAsync(
        KeyRange range, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<WatchResponse> reports = _watches
            .WatchAsync(range, new WatchOptions { StartRevision = fromRevision }, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        await using (reports.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await reports.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (WatchCompactedException)
                {
                    yield break;
                }

                foreach (Event change in reports.Current.Events)
                {
                    yield return (change, reports.Current.Header);
                }
            }
        }
    }
}
