using System.Net.Sockets;
using System.Text;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Service;

// The server as a service manager and an administrator treat it.
public sealed class ServiceTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Server_StartedBySystemd_SaysWhenItIsReadyAndWhenItStops()
    {
        string path = _directory.File("notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        await using EtcdServer server = EtcdServer.Launch(new EtcdServerOptions
        {
            DataDirectory = _directory.File("data"),
            Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path },
        });

        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        Assert.Contains(server.Log.Lines, line => line.Contains("ready to serve client requests", StringComparison.Ordinal));
        Assert.Equal(0, await server.TerminateAsync(Limit));
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
    }

    [Fact]
    public async Task Server_SignalsForItsLog_ChangeLevelAndFile()
    {
        string log = _directory.File("etcd.log");
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                DataDirectory = _directory.File("data"),
                Flags = ["--log-outputs", $"{log},stderr", "--log-format", "console"],
            },
            Cancellation);

        ProcessSignals.SendUserOne(server.Process);
        await server.Log.WaitForAsync(line => line.Contains("\"log-level\": \"debug\"", StringComparison.Ordinal), Limit, Cancellation);
        ProcessSignals.SendUserTwo(server.Process);
        await server.Log.WaitForAsync(line => line.Contains("\"log-level\": \"info\"", StringComparison.Ordinal), Limit, Cancellation);
        File.Move(log, log + ".1");
        ProcessSignals.SendHangUp(server.Process);
        await server.Log.WaitForAsync(line => line.Contains("reopened log files", StringComparison.Ordinal), Limit, Cancellation);

        Assert.Contains("ready to serve client requests", await File.ReadAllTextAsync(log + ".1", Cancellation), StringComparison.Ordinal);
        Assert.Contains("reopened log files", await File.ReadAllTextAsync(log, Cancellation), StringComparison.Ordinal);
    }

    // Whoever may not lock memory is told so at the start, as by real etcd: nobody must believe that it is locked.
    [Fact]
    public async Task Server_AskedToLockItsMemory_DoesOrEnds()
    {
        await using EtcdServer server = EtcdServer.Launch(new EtcdServerOptions
        {
            DataDirectory = _directory.File("data"),
            Flags = ["--memory-mlock"],
        });

        string outcome = await server.Log.WaitForAsync(
            line => line.Contains("ready to serve client requests", StringComparison.Ordinal) || line.Contains("cannot lock memory", StringComparison.Ordinal),
            Limit,
            Cancellation);
        if (outcome.Contains("cannot lock memory", StringComparison.Ordinal))
        {
            Assert.Contains("failed to start etcd: cannot lock memory: ", outcome, StringComparison.Ordinal);
            Assert.Contains("; the process needs CAP_IPC_LOCK", outcome, StringComparison.Ordinal);
            Assert.Equal(1, await server.WaitForExitAsync(Limit));
            return;
        }

        string state = await File.ReadAllTextAsync($"/proc/{server.ProcessId}/status", Cancellation);
        string locked = Assert.Single(state.Split('\n'), line => line.StartsWith("VmLck:", StringComparison.Ordinal));
        Assert.NotEqual("0", locked.Split(' ', '\t').First(part => part.Length > 0 && char.IsDigit(part[0])));
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(Limit);
        byte[] datagram = new byte[64];
        return Encoding.ASCII.GetString(datagram, 0, await socket.ReceiveAsync(datagram, bound.Token));
    }
}
