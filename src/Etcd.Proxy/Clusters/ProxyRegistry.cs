using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Leases;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Clusters;

/// <summary>The proxies in front of a cluster, each a key under a prefix that lives as long as its lease: <c>--resolver-prefix</c>.</summary>
internal sealed class ProxyRegistry
{
    private readonly Upstream _upstream;
    private readonly ByteString _prefix;
    private readonly ProxyRecord _own;
    private readonly TimeSpan _timeToLive;
    private readonly ProxyLog _log;
    private readonly TimeProvider _time;

    /// <summary>Prepares the registration.</summary>
    /// <param name="upstream">The cluster.</param>
    /// <param name="names">The namespace that the prefix stands in.</param>
    /// <param name="prefix">The prefix, without the slash at its end.</param>
    /// <param name="own">This proxy.</param>
    /// <param name="timeToLive">How long the key outlives the proxy; whole seconds.</param>
    /// <param name="log">Where failures are told.</param>
    /// <param name="time">The clock.</param>
    internal ProxyRegistry(
        Upstream upstream, KeyNamespace names, string prefix, ProxyRecord own, TimeSpan timeToLive, ProxyLog log, TimeProvider time)
    {
        _upstream = upstream;
        _prefix = names.Outward(ByteString.CopyFromUtf8(prefix + "/"));
        _own = own;
        _timeToLive = timeToLive;
        _log = log;
        _time = time;
    }

    /// <summary>The proxies there are, this one among them once it is registered.</summary>
    internal async Task<IReadOnlyList<ProxyRecord>> ListAsync(ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        var request = new RangeRequest { Key = _prefix, RangeEnd = PrefixEnd(_prefix) };
        RangeResponse reply = await _upstream
            .UnaryAsync(Methods.Range, request, credentials, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        return [.. reply.Kvs.Select(pair => ProxyRecord.Read(pair.Value.Memory)).OfType<ProxyRecord>()];
    }

    /// <summary>Registers this proxy and keeps it registered until the token is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException failure)
            {
                _log.RegistrationFailed(failure.Message);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        LeaseGrantResponse lease = await AskAsync(
            Methods.LeaseGrant, new LeaseGrantRequest { TTL = (long)_timeToLive.TotalSeconds }, cancellationToken).ConfigureAwait(false);
        try
        {
            var put = new PutRequest
            {
                Key = ByteString.CopyFrom([.. _prefix.Span, .. System.Text.Encoding.UTF8.GetBytes(_own.Address)]),
                Value = ByteString.CopyFrom(_own.ToBytes()),
                Lease = lease.ID,
            };
            await AskAsync(Methods.Put, put, cancellationToken).ConfigureAwait(false);
            _log.Registered(_own.Address, (long)_timeToLive.TotalSeconds);
            await KeepAsync(lease, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await RevokeAsync(lease.ID).ConfigureAwait(false);
        }
    }

    // Returns when the lease is gone.
    private async Task KeepAsync(LeaseGrantResponse lease, CancellationToken cancellationToken)
    {
        using var stream = new KeepAliveStream(_upstream, ForwardedCredentials.None);
        while ((await stream.RenewAsync(lease.ID, cancellationToken).ConfigureAwait(false)).TTL > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(lease.TTL / 3.0), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // Whoever looks for a proxy must not be sent to one that has stopped. If it fails, the lease ends by itself.
    private async Task RevokeAsync(long lease)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
        try
        {
            await AskAsync(Methods.LeaseRevoke, new LeaseRevokeRequest { ID = lease }, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            _log.RegistrationFailed(failure.Message);
        }
    }

    private Task<TReply> AskAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        _upstream.UnaryAsync(method, request, ForwardedCredentials.None, isRepeatable: false, cancellationToken);

    private static ByteString PrefixEnd(ByteString prefix) => new KeyNamespace(prefix).OutwardEnd(ByteString.CopyFrom(0));
}
