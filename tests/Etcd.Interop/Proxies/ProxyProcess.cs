using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

/// <summary>A running <c>etcd grpc-proxy</c> or <c>etcd gateway</c> on a free port.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    private readonly RunningCommand _running;

    private ProxyProcess(int port, RunningCommand running)
    {
        Endpoint = $"127.0.0.1:{port}";
        _running = running;
    }

    /// <summary>Host and port for clients.</summary>
    public string Endpoint { get; }

    public LineLog Log => _running.Errors;

    /// <summary>Starts the gRPC proxy.</summary>
    public static Task<ProxyProcess> StartGrpcAsync(string endpoints, params string[] flags) =>
        StartGrpcAsync(ServerKind.Ours, endpoints, flags);

    /// <summary>Starts the gRPC proxy of one of the two.</summary>
    public static Task<ProxyProcess> StartGrpcAsync(ServerKind kind, string endpoints, params string[] flags) =>
        StartAsync(kind == ServerKind.Ours ? OurPrograms.Server : RealEtcd.Server("3.5"), "grpc-proxy", "started gRPC proxy", endpoints, flags);

    /// <summary>Starts the gateway.</summary>
    public static Task<ProxyProcess> StartGatewayAsync(string endpoints, params string[] flags) =>
        StartAsync(OurPrograms.Server, "gateway", "ready to proxy client requests", endpoints, flags);

    /// <summary>Stops it as a service manager does.</summary>
    public Task<int> TerminateAsync() => _running.TerminateAsync();

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    private static async Task<ProxyProcess> StartAsync(string program, string subcommand, string readyLine, string endpoints, string[] flags)
    {
        int port = LoopbackPorts.Take();
        string[] addresses = subcommand == "gateway" ? [] : ["--advertise-client-url", $"127.0.0.1:{port}"];
        var command = new Command(
            program, [subcommand, "start", "--endpoints", endpoints, "--listen-addr", $"127.0.0.1:{port}", .. addresses, .. flags]);
        var proxy = new ProxyProcess(port, RunningCommand.Start(command));
        try
        {
            await proxy.Log.WaitForAsync(line => line.Contains(readyLine, StringComparison.Ordinal), ReadyLimit, TestContext.Current.CancellationToken);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }
}
