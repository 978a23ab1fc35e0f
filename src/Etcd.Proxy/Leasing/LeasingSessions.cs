using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Leases;
using Etcd.Proxy.Upstreams;
using Etcd.Proxy.Watching;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>Holds a lease for the keys that the proxy owns, one session after the other, and does what other proxies demand.</summary>
internal sealed class LeasingSessions(Upstream upstream, LeasingCluster cluster, ProxyLog log, TimeProvider time)
{
    // Etcd's: a proxy that dies holds up writers for that long.
    private const long TimeToLiveSeconds = 60;
    private const int LetGoAtOnce = 16;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    // A member that hangs answers nothing, and closes no connection either. It leaves time for several attempts while the lease lives.
    private static readonly TimeSpan RenewalTime = TimeSpan.FromSeconds(5);

    private LeasingSession? _current;

    /// <summary>The session there is; <see langword="null"/> while there is none.</summary>
    internal LeasingSession? Current => Volatile.Read(ref _current);

    /// <summary>Goes on until the token is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException failure)
            {
                log.LeasingFailed(failure.Message);
            }
            catch (Exception failure)
            {
                // Whatever has ended the session, the next one owns nothing of it. Without one every read goes to the cluster.
                log.LeasingFailed(failure.ToString());
            }

            await Task.Delay(PauseAfterFailure, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        await CheckRightAsync(cancellationToken).ConfigureAwait(false);
        long asked = time.GetTimestamp();
        LeaseGrantResponse lease = await upstream.UnaryAsync(
            Methods.LeaseGrant, new LeaseGrantRequest { TTL = TimeToLiveSeconds }, ForwardedCredentials.None, isRepeatable: false, cancellationToken)
            .ConfigureAwait(false);
        cluster.BeginAt(lease.Header);
        var session = new LeasingSession(lease.ID, time);
        session.Renewed(asked, TimeSpan.FromSeconds(lease.TTL));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] work =
        [
            KeepAsync(session, end.Token),
            WatchAsync(session, lease.Header.Revision + 1, end.Token),
            LetGoAsync(session, end.Token),
            session.Ending.WaitAsync(end.Token),
        ];
        Volatile.Write(ref _current, session);
        log.LeasingBegan(lease.ID.ToString("x16", System.Globalization.CultureInfo.InvariantCulture), lease.TTL);
        try
        {
            await (await Task.WhenAny(work).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _current, null);
            session.End();
            await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await RevokeAsync(lease.ID).ConfigureAwait(false);
        }
    }

    // Returns when the lease is gone, or cannot be renewed in time.
    private async Task KeepAsync(LeasingSession session, CancellationToken cancellationToken)
    {
        var stream = new KeepAliveStream(upstream, ForwardedCredentials.None);
        try
        {
            while (session.IsValid)
            {
                await Task.Delay(TimeSpan.FromSeconds(TimeToLiveSeconds / 3.0), time, cancellationToken).ConfigureAwait(false);
                do
                {
                    string member = upstream.Current;
                    try
                    {
                        if (!await RenewInTimeAsync(session, stream, cancellationToken).ConfigureAwait(false))
                        {
                            return;
                        }

                        break;
                    }
                    catch (RpcException failure) when (RetryRules.CanReopen(failure))
                    {
                        log.LeasingFailed(failure.Message);
                    }
                    catch (TimeoutException failure)
                    {
                        log.LeasingFailed(failure.Message);
                        upstream.MoveOnFrom(member);
                        stream.Dispose();
                        stream = new KeepAliveStream(upstream, ForwardedCredentials.None);
                    }

                    await Task.Delay(PauseAfterFailure, time, cancellationToken).ConfigureAwait(false);
                }
                while (session.IsValid);
            }
        }
        finally
        {
            stream.Dispose();
        }
    }

    private async Task<bool> RenewInTimeAsync(LeasingSession session, KeepAliveStream stream, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await RenewAsync(session, stream, limit.Token).WaitAsync(RenewalTime, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    // Whether the lease is still there.
    private async Task<bool> RenewAsync(LeasingSession session, KeepAliveStream stream, CancellationToken cancellationToken)
    {
        long asked = time.GetTimestamp();
        LeaseKeepAliveResponse reply = await stream.RenewAsync(session.Lease, cancellationToken).ConfigureAwait(false);
        if (reply.TTL <= 0)
        {
            return false;
        }

        await CheckRightAsync(cancellationToken).ConfigureAwait(false);
        session.Renewed(asked, TimeSpan.FromSeconds(reply.TTL));
        return true;
    }

    // Answers are kept for clients that do not say who they are. Where the cluster has come to ask, it must be asked.
    private Task<RangeResponse> CheckRightAsync(CancellationToken cancellationToken) => cluster.ReadAsync(
        new RangeRequest { Key = cluster.All.Start, RangeEnd = cluster.All.End, CountOnly = true, Serializable = true }, cancellationToken);

    private async Task WatchAsync(LeasingSession session, long startRevision, CancellationToken cancellationToken)
    {
        var key = new WatchKey(
            cluster.All.Start,
            cluster.All.End,
            PreviousKeyValues: false,
            ProgressNotify: false,
            NoPuts: false,
            NoDeletions: false,
            ForwardedCredentials.None);
        using var watch = new UpstreamWatch(upstream, key, startRevision, time);
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static state => ((UpstreamWatch)state!).Dispose(), watch);

        // What is too far behind has missed demands. A new session owns nothing, so that nothing can be demanded of it.
        await watch.RunAsync(message => Take(session, watch, message)).ConfigureAwait(false);
    }

    private bool Take(LeasingSession session, UpstreamWatch watch, WatchResponse message)
    {
        foreach (Event change in message.Events)
        {
            ByteString key = cluster.KeyOf(change);
            if (change.Type == Event.Types.EventType.Delete)
            {
                session.Keys.Lose(key, change.Kv.ModRevision);
            }
            else if (LeasingCluster.IsDemand(change, session.Lease))
            {
                session.Keys.Lose(key, change.Kv.ModRevision);
                session.GiveUp(key, change.Kv.CreateRevision);
            }
        }

        if (message.Events.Count > 0)
        {
            watch.Delivered = message.Events[^1].Kv.ModRevision;
        }

        return !message.Canceled;
    }

    private Task LetGoAsync(LeasingSession session, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        session.GivenUp.ReadAllAsync(cancellationToken),
        new ParallelOptions { MaxDegreeOfParallelism = LetGoAtOnce, CancellationToken = cancellationToken },
        async (given, token) => await LetGoAsync(given.Key, given.Since, token).ConfigureAwait(false));

    // Somebody may wait for it: it is tried until the session ends, and the key with it.
    private async Task LetGoAsync(ByteString key, long since, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await cluster.LetGoAsync(key, since, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (RpcException failure)
            {
                log.LeasingFailed(failure.Message);
                await Task.Delay(PauseAfterFailure, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // If it fails, the lease ends by itself.
    private async Task RevokeAsync(long lease)
    {
        using var limit = new CancellationTokenSource(PauseAfterFailure, time);
        try
        {
            await upstream.UnaryAsync(
                Methods.LeaseRevoke, new LeaseRevokeRequest { ID = lease }, ForwardedCredentials.None, isRepeatable: false, limit.Token)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            log.LeasingFailed(failure.Message);
        }
    }
}
