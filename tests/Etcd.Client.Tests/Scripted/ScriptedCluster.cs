using Etcd.Grpc;

namespace Etcd.Client.Tests.Scripted;

/// <summary>Endpoints that answer by a script and remember what they were asked.</summary>
internal sealed class ScriptedCluster
{
    private readonly Dictionary<string, ScriptedEndpoint> _endpoints = [];

    /// <summary>The endpoint of a name; created at its first mention.</summary>
    public ScriptedEndpoint this[string name] =>
        _endpoints.TryGetValue(name, out ScriptedEndpoint? endpoint) ? endpoint : _endpoints[name] = new ScriptedEndpoint();

    public static RpcException ConnectionRefused => new(
        RpcStatusCode.Unavailable, "connection error: desc = \"transport: Error while dialing: connection refused\"");

    public static RpcException ConnectionLost => new(RpcStatusCode.Unavailable, "error reading from server: EOF");

    public EtcdClient Client(EtcdClientOptions options) => new(options, endpoint => this[endpoint]);
}
