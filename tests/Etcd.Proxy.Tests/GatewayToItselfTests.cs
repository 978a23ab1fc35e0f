using System.Net;
using System.Net.Sockets;

using Etcd.Proxy.Gateway;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Proxy.Tests;

// CVE-2020-15114: a gateway that has itself among its endpoints connected to itself without end.
public sealed class GatewayToItselfTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task Gateway_OneEndpointIsItself_ServesFromTheOther(string listen)
    {
        using var member = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        member.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        member.Listen();
        await using TcpGateway gateway = Start(listen, (IPEndPoint)member.LocalEndPoint!);

        for (int connection = 0; connection < 3; connection++)
        {
            using Socket client = await ConnectAsync(gateway);
            using Socket served = await member.AcceptAsync(Cancellation);
            await served.SendAsync("x"u8.ToArray(), Cancellation);

            Assert.Equal(1, await client.ReceiveAsync(new byte[8], Cancellation));
        }
    }

    [Fact]
    public async Task Gateway_OnlyEndpointIsItself_TurnsClientsAway()
    {
        await using TcpGateway gateway = Start("127.0.0.1");

        using Socket client = await ConnectAsync(gateway);

        Assert.Equal(0, await client.ReceiveAsync(new byte[8], Cancellation));
    }

    private static TcpGateway Start(string listen, params EndPoint[] others)
    {
        int port = FreePort();
        var options = new GatewayOptions(
            new IPEndPoint(IPAddress.Parse(listen), port), [new DnsEndPoint("localhost", port), .. others], TimeSpan.FromMinutes(1));
        var gateway = new TcpGateway(options, new GatewayLog(NullLogger.Instance), TimeProvider.System);
        gateway.Start();
        return gateway;
    }

    private static async Task<Socket> ConnectAsync(TcpGateway gateway)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)gateway.EndPoint).Port), Cancellation);
        return client;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
