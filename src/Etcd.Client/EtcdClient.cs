using Etcd.Client.Calls;

namespace Etcd.Client;

/// <summary>A client of an etcd cluster. Create one for a program and share it; every member is safe for concurrent use.</summary>
/// <remarks>
/// Nothing is sent before the first call. Calls that the server or the connection fails end in <see cref="Grpc.RpcException"/>, whose code and
/// message are etcd's; when a call is repeated, <see cref="RetryRules"/> says.
/// </remarks>
public sealed class EtcdClient : IAsyncDisposable
{
    private readonly EndpointPool _pool;

    /// <summary>Creates a client.</summary>
    /// <param name="endpoints">Endpoints between commas, as in <see cref="EtcdClientOptions.Endpoints"/>.</param>
    /// <exception cref="ArgumentException">There is no endpoint.</exception>
    public EtcdClient(string endpoints)
        : this(new EtcdClientOptions { Endpoints = endpoints.Split(',', StringSplitOptions.RemoveEmptyEntries) })
    {
    }

    /// <summary>Creates a client.</summary>
    /// <exception cref="ArgumentException">There is no endpoint.</exception>
    public EtcdClient(EtcdClientOptions options)
        : this(options, endpoint => RpcEndpointChannel.Create(endpoint, options))
    {
    }

    internal EtcdClient(EtcdClientOptions options, Func<string, IEndpointChannel> connect)
    {
        if (options.Endpoints.Count == 0)
        {
            throw new ArgumentException("etcdclient: no available endpoints", nameof(options));
        }

        _pool = new EndpointPool(options.Endpoints, connect);
        CallInvoker calls = new(_pool, options);
        Endpoints = options.Endpoints;
        Kv = new KvClient(calls);
        Watch = new WatchClient(calls);
        Leases = new LeaseClient(calls);
        Cluster = new ClusterClient(calls);
        Maintenance = new MaintenanceClient(calls);
        Auth = new AuthClient(calls);
        WaitingLine line = new(calls, Watch);
        Locks = new LockClient(calls, Leases, line);
        Elections = new ElectionClient(calls, Leases, Watch, line);
    }

    /// <summary>The endpoints it was created with.</summary>
    public IReadOnlyList<string> Endpoints { get; }

    /// <summary>Keys: put, get, delete, transactions, compaction.</summary>
    public KvClient Kv { get; }

    /// <summary>Changes of keys as they happen.</summary>
    public WatchClient Watch { get; }

    /// <summary>Leases: keys that go when their holder goes.</summary>
    public LeaseClient Leases { get; }

    /// <summary>Members of the cluster.</summary>
    public ClusterClient Cluster { get; }

    /// <summary>Status, hashes, alarms and snapshots.</summary>
    public MaintenanceClient Maintenance { get; }

    /// <summary>Users, roles and permissions.</summary>
    public AuthClient Auth { get; }

    /// <summary>Locks that several programs agree on.</summary>
    public LockClient Locks { get; }

    /// <summary>Elections among several programs.</summary>
    public ElectionClient Elections { get; }

    /// <summary>Closes the connections; calls in progress fail.</summary>
    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}
