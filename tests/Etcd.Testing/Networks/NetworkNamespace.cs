using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

using Etcd.Testing.Processes;

namespace Etcd.Testing.Networks;

/// <summary>A network of its own: interfaces, addresses and loopback of its processes are nobody else's. It has no name and lives as long as a
/// process that holds it, so that nothing is left behind however a test ends.</summary>
public sealed partial class NetworkNamespace : IAsyncDisposable
{
    private const int CloneNewNetwork = 0x40000000;

    private static readonly Lazy<bool> Allowed = new(Probe);

    private readonly RunningCommand _holder;

    private NetworkNamespace(RunningCommand holder) => _holder = holder;

    /// <summary>Why a test that needs namespaces is skipped.</summary>
    public const string ForbiddenReason = "this user or machine may not make network namespaces (root, iproute2 and util-linux are needed)";

    /// <summary>Whether this user may make one here. Fits <c>SkipUnless</c> of xunit's attributes.</summary>
    public static bool IsAllowed => Allowed.Value;

    /// <summary>Its file, as <c>nsenter</c> takes it.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/{_holder.ProcessId}/ns/net");

    /// <summary>The holder, by which <c>ip</c> names it.</summary>
    public int HolderId => _holder.ProcessId;

    /// <summary>What stands before a command that is to run in it.</summary>
    public IReadOnlyList<string> Prefix => ["/usr/bin/nsenter", $"--net={Path}"];

    /// <summary>Makes one, with its loopback up.</summary>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        RunningCommand holder = RunningCommand.Start(
            new Command("/usr/bin/unshare", ["--net", "/bin/sh", "-c", "ip link set lo up && echo made && exec sleep infinity"]));
        try
        {
            await holder.Output.WaitForAsync(line => line == "made", TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            return new NetworkNamespace(holder);
        }
        catch
        {
            await holder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs <c>ip</c> in it, one command a line.</summary>
    public async Task ConfigureAsync(params IEnumerable<string> lines)
    {
        var command = new Command(Prefix[0], [.. Prefix.Skip(1), "ip", "-batch", "-"]) { Input = string.Join('\n', lines) + "\n" };
        (await command.RunAsync().ConfigureAwait(false)).MustSucceed();
    }

    /// <summary>Connects to a loopback port of this namespace, from inside it. The socket stays in it whoever uses it.</summary>
    public Socket Connect(int port)
    {
        Socket? socket = null;
        ExceptionDispatchInfo? failure = null;

        // A namespace is a property of a thread: one that has changed it must not go back to others.
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect(IPAddress.Loopback, port);
            }
            catch (Exception fault) when (fault is SocketException or IOException or Win32Exception)
            {
                socket?.Dispose();
                failure = ExceptionDispatchInfo.Capture(fault);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return socket!;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _holder.DisposeAsync();

    private void Enter()
    {
        using var file = File.OpenHandle(Path);
        if (SetNamespace(file, CloneNewNetwork) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private static bool Probe()
    {
        if (!File.Exists("/usr/bin/unshare") || !File.Exists("/usr/bin/nsenter"))
        {
            return false;
        }

        const string script = "ip link add probe type veth peer name other && ip link add hub type bridge";
        return new Command("/usr/bin/unshare", ["--net", "/bin/sh", "-c", script]).RunAsync().GetAwaiter().GetResult().ExitCode == 0;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeHandle file, int kind);
}
