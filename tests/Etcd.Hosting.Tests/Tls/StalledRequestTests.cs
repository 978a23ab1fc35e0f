using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Etcd.Hosting.Tests.Tls;

// Apart from the other tests of the port, which then need not wait for it: the limit is half a minute.
public sealed class StalledRequestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 90_000)]
    public async Task Port_ClientThatStopsInsideTheHeaders_IsClosedInTimeAndOthersAreServed()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)member.EndPoint, Cancellation);
        await using var stalled = new SslStream(client.GetStream());
        await stalled.AuthenticateAsClientAsync(member.ClientOptions(null), Cancellation);
        await stalled.WriteAsync("GET /version HTTP/1.1\r\nHost: localhost\r\nX-Slow: "u8.ToArray(), Cancellation);

        await member.PutAsync();
        using var reader = new StreamReader(stalled);
        string answer = await reader.ReadToEndAsync(Cancellation);

        Assert.DoesNotContain("etcdserver", answer, StringComparison.Ordinal);
        await member.PutAsync();
    }
}
