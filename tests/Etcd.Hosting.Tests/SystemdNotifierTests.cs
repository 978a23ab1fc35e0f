using System.Net.Sockets;
using System.Text;

using Etcd.Hosting.Service;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Ready_SocketOfAPath_ReceivesReadiness()
    {
        string path = _directory.File("notify");
        using Socket systemd = Listen(path);

        Notifier(path).Ready();

        Assert.Equal("READY=1", Receive(systemd));
    }

    [Fact]
    public void Stopping_AbstractSocket_ReceivesIt()
    {
        string name = $"etcd-test-{Guid.NewGuid():N}";
        using Socket systemd = Listen($"\0{name}");

        Notifier($"@{name}").Stopping();

        Assert.Equal("STOPPING=1", Receive(systemd));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nowhere/notify")]
    public void Ready_NobodyListens_IsNoFault(string? address) => Notifier(address).Ready();

    private static SystemdNotifier Notifier(string? address) => new(address, new HostLog(NullLogger.Instance));

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        byte[] datagram = new byte[64];
        return Encoding.ASCII.GetString(datagram, 0, socket.Receive(datagram));
    }
}
