using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Etcd.Proxy.Gateway;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Proxy.Tests;

// A host that loses its power sends no more: only a question finds out that the connection is over.
public sealed class GatewayKeepAliveTests
{
    // 15, and what is lost by rounding.
    private const int AskedAfterSeconds = 16;

    // The kernel counts the timers of its connections in hundredths of a second.
    private const int TicksPerSecond = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Connection_NothingIsSaid_BothSidesAreAskedWithinSeconds()
    {
        using var member = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        member.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        member.Listen();
        var options = new GatewayOptions(new IPEndPoint(IPAddress.Loopback, 0), [member.LocalEndPoint!], TimeSpan.FromMinutes(1));
        await using var gateway = new TcpGateway(options, new GatewayLog(NullLogger.Instance), TimeProvider.System);
        gateway.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(gateway.EndPoint, Cancellation);
        using Socket carried = await member.AcceptAsync(Cancellation);

        await TimerBecomesAsync(local: PortOf(gateway.EndPoint), remote: PortOf(client.LocalEndPoint!));
        await TimerBecomesAsync(local: PortOf(carried.RemoteEndPoint!), remote: PortOf(member.LocalEndPoint!));
    }

    private static int PortOf(EndPoint endPoint) => ((IPEndPoint)endPoint).Port;

    // Of a connection that has just been set up there is a moment's retransmission timer first.
    private static async Task TimerBecomesAsync(int local, int remote)
    {
        while (!IsAsked(local, remote))
        {
            // The kernel tells nobody when it sets a timer: looked at until it has.
            await Task.Delay(10, Cancellation);
        }
    }

    // /proc/net/tcp: "sl local_address rem_address st tx_queue:rx_queue tr:tm->when …"; timer 2 is the one of keep-alives.
    private static bool IsAsked(int local, int remote) => new[] { "/proc/net/tcp", "/proc/net/tcp6" }
        .Where(File.Exists)
        .SelectMany(File.ReadLines)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns[1].EndsWith($":{local:X4}", StringComparison.Ordinal) && columns[2].EndsWith($":{remote:X4}", StringComparison.Ordinal))
        .Select(columns => columns[5].Split(':'))
        .Any(timer => timer[0] == "02" && int.Parse(timer[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= AskedAfterSeconds * TicksPerSecond);
}
