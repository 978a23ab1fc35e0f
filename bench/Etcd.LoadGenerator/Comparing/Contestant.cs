using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>One of the two servers, with its own fresh data directory. Both run with the same flags and durable writes.</summary>
internal sealed class Contestant : IAsyncDisposable
{
    private EtcdServer? _server;

    private Contestant(ServerKind kind, string dataDirectory, string[] flags)
    {
        Kind = kind;
        DataDirectory = dataDirectory;
        Flags = flags;
    }

    public ServerKind Kind { get; }

    public string DataDirectory { get; }

    private string[] Flags { get; }

    public EtcdServer Server => _server ?? throw new InvalidOperationException("the server is not running");

    public ProcessUsage Usage => ProcessUsage.Of(Server.ProcessId);

    /// <summary>Starts a server on a fresh directory.</summary>
    /// <param name="kind">Which of the two.</param>
    /// <param name="dataRoot">Directory on the disk to measure with.</param>
    /// <param name="flags">Flags beside those that all have.</param>
    public static async Task<Contestant> StartAsync(ServerKind kind, string dataRoot, params string[] flags)
    {
        var contestant = new Contestant(kind, Path.Combine(dataRoot, $"{kind}-{Guid.NewGuid():N}"), flags);
        await contestant.StartServerAsync();
        return contestant;
    }

    /// <summary>Starts the server again on the same data.</summary>
    public async Task StartServerAsync() =>
        _server = await EtcdServer.StartAsync(new EtcdServerOptions
        {
            Kind = Kind,
            DataDirectory = DataDirectory,
            ReadyLimit = TimeSpan.FromMinutes(5),
            Flags = ["--quota-backend-bytes", "8589934592", .. Flags],
        });

    public async Task StopServerAsync()
    {
        await Server.TerminateAsync(TimeSpan.FromMinutes(1));
        await Server.DisposeAsync();
        _server = null;
    }

    public LoadReport Run(LoadOptions load) => LoadRun.Execute(load with
    {
        Server = new IPEndPoint(IPAddress.Loopback, Server.ClientPort),
        ServerProcessIds = [Server.ProcessId],
    });

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(DataDirectory, recursive: true);
    }
}
