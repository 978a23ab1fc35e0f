using Etcd.Client;
using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server.Bootstrap;

namespace Etcd.Hosting.Discovery;

/// <summary>The discovery protocol of etcd 3.6 (<c>--discovery-token</c>): keys of the v3 API of another cluster.</summary>
/// <remarks>A registration replaces one of the same member, as in etcd: a member that was stopped while it waited for the others comes again.</remarks>
internal sealed class V3DiscoveryService : IDiscoveryService, IAsyncDisposable
{
    private const int AnswerBytesMax = 1 << 20;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly EtcdClient _client;
    private readonly V3DiscoveryKeys _keys;
    private readonly DiscoveryLog _log;

    /// <exception cref="SettingsException">A file of TLS cannot be used.</exception>
    internal V3DiscoveryService(V3DiscoverySettings settings, DiscoveryLog log, TlsLog tlsLog)
    {
        _keys = new V3DiscoveryKeys(settings.Token);
        _log = log;
        Address = string.Join(',', settings.Endpoints);
        _client = new EtcdClient(new EtcdClientOptions
        {
            Endpoints = settings.Endpoints,
            Tls = V3DiscoveryTls.Of(settings, tlsLog),
            User = settings.User,
            Password = settings.Password,
            DialTimeout = settings.DialTimeout,
            CallTimeout = settings.RequestTimeout,
            KeepAliveInterval = settings.KeepAliveInterval > TimeSpan.Zero ? settings.KeepAliveInterval : null,
            KeepAliveTimeout = settings.KeepAliveTimeout,
            ReceiveBytesMax = AnswerBytesMax,
        });
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    /// <inheritdoc/>
    public Task<string?> ReadSizeAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        RangeResponse answer = await _client.Kv.GetAsync(_keys.Size, cancellationToken: cancellationToken);
        return answer.Kvs is [var size, ..] ? size.Value.ToStringUtf8() : null;
    });

    /// <inheritdoc/>
    public Task<Registrations> ListAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        RangeResponse answer = await _client.Kv.GetAsync(KeyRange.Prefix(_keys.Members), cancellationToken: cancellationToken);
        List<(string Id, string Value)> members = [];
        foreach (KeyValue entry in answer.Kvs.OrderBy(entry => entry.CreateRevision))
        {
            string key = entry.Key.ToStringUtf8();
            string value = entry.Value.ToStringUtf8().Trim();
            if (key.StartsWith(_keys.Members, StringComparison.Ordinal) && value.Contains('=', StringComparison.Ordinal))
            {
                members.Add((key[_keys.Members.Length..], value));
            }
            else
            {
                _log.InvalidPeer(key, value);
            }
        }

        return new Registrations(members, answer.Header?.Revision ?? 0);
    });

    /// <inheritdoc/>
    public Task<bool> RegisterAsync(string id, string value, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        await _client.Kv.PutAsync(_keys.Member(id), value, cancellationToken: cancellationToken);
        return true;
    });

    /// <inheritdoc/>
    public Task WaitAsync(Registrations known, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(WaitTimeout);
        try
        {
            var options = new WatchOptions { StartRevision = known.Revision + 1, Deletions = false };
            await foreach (WatchResponse change in _client.Watch.WatchAsync(KeyRange.Prefix(_keys.Members), options, limit.Token))
            {
                if (change.Events.Count > 0)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody came: the list is read again, which tells whether the service is still there.
        }
        catch (WatchCompactedException)
        {
            // What came meanwhile stands in the list.
        }

        return false;
    });

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RpcException refusal) when (IsRefusal(refusal))
        {
            throw new BootstrapException($"failed to join discovery cluster ({refusal.Message})", refusal);
        }
        catch (Exception failure) when (failure is RpcException or WatchCanceledException)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    // Who is not let in will not be let in a second later: the operator is told instead of the log.
    private static bool IsRefusal(RpcException failure) =>
        failure.Code is RpcStatusCode.PermissionDenied or RpcStatusCode.Unauthenticated or RpcStatusCode.InvalidArgument or RpcStatusCode.Unimplemented;
}
