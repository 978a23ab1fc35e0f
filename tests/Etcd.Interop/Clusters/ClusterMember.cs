using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Clusters;

/// <summary>One member of a <see cref="ProcessCluster"/>: a process that may be killed, frozen, started again, or started again as another kind
/// of etcd on the same addresses.</summary>
internal sealed class ClusterMember : IAsyncDisposable
{
    // Longer than what etcd itself waits for a quorum: 5 s and two election time-outs.
    private static readonly RpcCallOptions Bounded = new() { Timeout = TimeSpan.FromSeconds(15) };

    private readonly RpcChannel _channel;
    private readonly NetworkHost? _host;
    private readonly NamespaceDoor? _door;
    private EtcdServer? _process;

    /// <param name="name">Its name.</param>
    /// <param name="kind">Whose program it runs.</param>
    /// <param name="directory">Its data directory.</param>
    /// <param name="host">Where it runs; on loopback when absent.</param>
    public ClusterMember(string name, ServerKind kind, string directory, NetworkHost? host = null)
    {
        _host = host;
        _door = host is null ? null : NamespaceDoor.Open(host.Namespace, ClientPort);
        Name = name;
        Kind = kind;
        Directory = directory;
        _channel = new RpcChannel(RpcAddress.Parse($"127.0.0.1:{ClientPort}"));
    }

    public string Name { get; }

    public ServerKind Kind { get; set; }

    /// <summary>Its data directory.</summary>
    public string Directory { get; set; }

    public int ClientPort { get; } = LoopbackPorts.Take();

    public int PeerPort { get; set; } = LoopbackPorts.Take();

    public string PeerUrl => $"http://{_host?.Address ?? "127.0.0.1"}:{PeerPort}";

    /// <summary>Token of a user who may do everything, where authentication is on.</summary>
    public string? Token { get; set; }

    /// <summary>Its part of <c>--initial-cluster</c>.</summary>
    public string InitialText => $"{Name}={PeerUrl}";

    /// <summary>Whether it has a process.</summary>
    public bool IsRunning => _process is not null;

    /// <summary>The process; it must have been started.</summary>
    public EtcdServer Process => _process ?? throw new InvalidOperationException($"{Name} does not run");

    /// <summary>Starts it without waiting until it serves.</summary>
    public void Launch(string initialCluster, string state, params IEnumerable<string> flags) => _process = EtcdServer.Launch(new EtcdServerOptions
    {
        Kind = Kind,
        DataDirectory = Directory,
        ClientPort = ClientPort,
        PeerPort = PeerPort,
        PeerHost = _host?.Address ?? "127.0.0.1",
        Within = _host?.Namespace.Prefix ?? [],
        Flags =
        [
            "--name", Name, "--initial-cluster", initialCluster, "--initial-cluster-state", state, "--initial-cluster-token", "interop",
            .. flags,
        ],
    });

    /// <summary>Waits until it serves clients.</summary>
    public async Task WaitUntilReadyAsync()
    {
        try
        {
            await UntilAsync(async () => await StatusAsync() is { Leader: not 0 });
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Name} ({Kind}) did not become ready; its log:\n{Process.Log.Tail()}");
        }
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>Stops it as a service manager does.</summary>
    public async Task<int> TerminateAsync()
    {
        int exitCode = await Process.TerminateAsync();
        await Process.DisposeAsync();
        _process = null;
        return exitCode;
    }

    public void Freeze() => ProcessSignals.SendStop(Process.Process);

    public void Thaw() => ProcessSignals.SendContinue(Process.Process);

    /// <summary>Calls this member and no other.</summary>
    /// <param name="method">What is called.</param>
    /// <param name="request">What is sent.</param>
    /// <param name="timeout">How long it may take; longer than etcd waits for a quorum when absent.</param>
    /// <param name="token">Who calls, where authentication is on; <see cref="Token"/> when absent, nobody when empty.</param>
    public Task<TReply> CallAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, TimeSpan? timeout = null, string? token = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        RpcCallOptions options = timeout is null ? Bounded : new RpcCallOptions { Timeout = timeout };
        if ((token ?? Token) is { Length: > 0 } credentials)
        {
            var metadata = new RpcMetadata();
            metadata.Add("token", credentials);
            options = options with { Metadata = metadata };
        }

        return _channel.UnaryAsync(method, request, options, TestContext.Current.CancellationToken);
    }

    public Task<RpcStreamCall<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TimeSpan? timeout = null)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        _channel.StreamAsync(method, new RpcCallOptions { Timeout = timeout ?? TimeSpan.FromSeconds(50) }, TestContext.Current.CancellationToken);

    public Task<PutResponse> PutAsync(string key, string value, TimeSpan? timeout = null) =>
        CallAsync(EtcdMethods.Put, new PutRequest { Key = Text(key), Value = Text(value) }, timeout);

    /// <summary>The value of a key; <see langword="null"/> when there is none.</summary>
    public async Task<string?> GetAsync(string key, bool serializable = false)
    {
        RangeResponse reply = await CallAsync(EtcdMethods.Range, new RangeRequest { Key = Text(key), Serializable = serializable });
        return reply.Kvs.FirstOrDefault()?.Value.ToStringUtf8();
    }

    /// <summary>Its state, or <see langword="null"/> while it does not answer.</summary>
    public async Task<StatusResponse?> StatusAsync()
    {
        try
        {
            return await CallAsync(EtcdMethods.Status, new StatusRequest(), TimeSpan.FromSeconds(2));
        }
        catch (RpcException)
        {
            // Not up, or frozen: what the caller asks about.
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _channel.DisposeAsync();
        await (_door?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Waits for a state that comes by itself, up to a limit that only a fault reaches.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(40));
        while (!await condition())
        {
            // Nothing tells when the state is reached, so it is looked at again and again.
            await Task.Delay(20, limit.Token);
        }
    }

    internal static ByteString Text(string text) => ByteString.CopyFromUtf8(text);
}
