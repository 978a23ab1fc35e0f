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
    [InlineData("::")]
    public async Task Gateway_OneEndpointIsItself_ServesFromTheOther(string listen)
    {
        Assert.SkipUnless(listen != "::" || Socket.OSSupportsIPv6, "this system has no IPv6");
        using var member = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        member.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        member.Listen();
        Task serving = ServeAsync(member);
        await using (TcpGateway gateway = Start(listen, (IPEndPoint)member.LocalEndPoint!))
        {
            for (int connection = 0; connection < 3; connection++)
            {
                using Socket client = await ConnectAsync(gateway);

                Assert.Equal(1, await client.ReceiveAsync(new byte[8], Cancellation));
            }
        }

        member.Dispose();
        await serving;
    }

    [Fact]
    public async Task Gateway_OnlyEndpointIsItself_TurnsClientsAway()
    {
        await using TcpGateway gateway = Start("127.0.0.1");

        using Socket client = await ConnectAsync(gateway);

        Assert.Equal(0, await client.ReceiveAsync(new byte[8], Cancellation));
    }

    // Also serves what the gateway said to itself before it noticed.
    private static async Task ServeAsync(Socket member)
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await member.AcceptAsync(Cancellation);
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The test is over.
                return;
            }

            using (connection)
            {
                try
                {
                    await connection.SendAsync("x"u8.ToArray(), Cancellation);
                }
                catch (SocketException)
                {
                    // It was one of the gateway's own, and has gone.
                }
            }
        }
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
