using System.Net;
using System.Net.Sockets;

using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>The program of the former public service discovery.etcd.io, which keeps its tokens in an etcd with the v2 API.</summary>
internal sealed class PublicDiscovery : IAsyncDisposable
{
    private const string Program = "/usr/bin/discovery.etcd.io";

    private readonly RunningCommand _running;
    private readonly int _port;

    private PublicDiscovery(string backend)
    {
        _port = LoopbackPorts.Take();
        Url = $"http://127.0.0.1:{_port}";
        _running = RunningCommand.Start(new Command(Program, ["--etcd", backend, "--host", Url, "--addr", $"127.0.0.1:{_port}"]), null);
    }

    /// <summary>Whether the program is there; it reads a file that its package brings.</summary>
    public static bool IsPresent => File.Exists(Program) && File.Exists("/etc/etcd-discovery/etcd-discovery.conf");

    /// <summary>Why a test is skipped without it.</summary>
    public static string AbsentReason => $"{Program} is not installed (Debian package etcd-discovery)";

    public string Url { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="backend">URL of the etcd behind it.</param>
    public static async Task<PublicDiscovery> StartAsync(string backend)
    {
        var service = new PublicDiscovery(backend);
        try
        {
            await service._running.Errors.WaitForAsync(
                line => line.Contains("discovery serving on", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
            await service.WaitUntilItListensAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    // It says that it serves before it listens.
    private async Task WaitUntilItListensAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, _port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                // Refused: asked again a little later.
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
