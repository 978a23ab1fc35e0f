using System.Collections.Concurrent;
using Etcd.Interop;
using Etcd.Interop.Wire;
using Etcd.Testing;
using Etcd.Testing.Processes;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace Etcd.Interop;

/// <summary>One server of each kind for the tests that neither stop theirs nor mind what others write. Started when first asked for.</summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentDictionary<ServerKind, Lazy<Task<EtcdServer>>> _servers = new();

    /// <summary>The running server of a kind.</summary>
    public Task<EtcdServer> GetAsync(ServerKind kind) =>
        _servers.GetOrAdd(kind, _ => new Lazy<Task<EtcdServer>>(() => EtcdServer.StartAsync(new EtcdServerOptions
        {
            Kind = kind,
            DataDirectory = _directory.File(kind.ToString()),
        }))).Value;

    /// <summary>A new connection to the server of a kind.</summary>
    internal async Task<EtcdConnection> ConnectAsync(ServerKind kind) => new(await GetAsync(kind));

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<EtcdServer>> server in _servers.Values.Where(server => server.Value.IsCompletedSuccessfully))
        {
            await (await server.Value).DisposeAsync();
        }

        _directory.Dispose();
    }
}
