using Etcd.Testing.Processes;

namespace Etcd.Testing.Networks;

/// <summary>A real small DNS server, dnsmasq, on a free loopback port, and the file by which our programs find it.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/dnsmasq";

    private readonly TemporaryDirectory _directory = new();
    private readonly RunningCommand _running;

    private DnsServer(int port, IReadOnlyList<string> records)
    {
        Port = port;
        File.WriteAllText(ResolverFile, $"nameserver 127.0.0.1:{port}\noptions timeout:2 attempts:2\n");
        _running = RunningCommand.Start(
            new Command(Program,
            [
                "--keep-in-foreground", "--log-facility=-", $"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces",
                "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=", $"--user={Environment.UserName}",
                "--local=/test/", .. records,
            ]),
            null);
    }

    /// <summary>Whether the program is there.</summary>
    public static bool IsPresent => File.Exists(Program);

    /// <summary>Why a test is skipped without it.</summary>
    public static string AbsentReason => $"{Program} is not installed (Debian package dnsmasq-base)";

    public int Port { get; }

    /// <summary>A <c>resolv.conf</c> that names this server.</summary>
    public string ResolverFile => Path.Combine(_directory.Path, "resolv.conf");

    /// <summary>What a program of ours must have in its environment to ask this server.</summary>
    public IReadOnlyDictionary<string, string> ForPrograms => new Dictionary<string, string> { ["ETCD_RESOLV_CONF"] = ResolverFile };

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="records">dnsmasq's options for the records, such as <c>--srv-host=_etcd-server._tcp.cluster.test,localhost,2380</c>.</param>
    public static async Task<DnsServer> StartAsync(params string[] records)
    {
        var server = new DnsServer(LoopbackPorts.Take(), records);
        try
        {
            await server._running.Errors.WaitForAsync(
                line => line.Contains("started, version", StringComparison.Ordinal), TimeSpan.FromSeconds(20)).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync().ConfigureAwait(false);
        _directory.Dispose();
    }
}
