using System.Net;
using System.Net.Sockets;

using Etcd.Peer.Http;

namespace Etcd.Peer.Tests.Http;

public sealed class LocalAddressTests : IDisposable
{
    // Every address that begins with 127 is this machine's.
    private static readonly IPAddress Local = IPAddress.Parse("127.0.0.7");

    private readonly TcpListener _peer = new(IPAddress.Loopback, 0);

    public LocalAddressTests() => _peer.Start();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{((IPEndPoint)_peer.LocalEndpoint).Port}";

    public void Dispose() => _peer.Dispose();

    [Fact(Timeout = 30_000)]
    public async Task Stream_WithALocalAddress_ComesFromThere()
    {
        using BlockingConnection connection = await Task.Run(() => BlockingConnection.Open(new Uri(Url), Options(), TimeProvider.System, Cancellation), Cancellation);

        Assert.Equal(Local, await CallerAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Request_WithALocalAddress_ComesFromThere()
    {
        using var http = new PeerHttp(Options(), TimeProvider.System);
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, Url, "/version");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        Task<HttpResponseMessage> asking = http.Pooled.SendAsync(request, end.Token);
        IPAddress caller = await CallerAsync();
        await end.CancelAsync();

        Assert.Equal(Local, caller);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_ToTheOtherAddressFamily_IsRefusedBeforeItIsDialled()
    {
        await Assert.ThrowsAsync<SocketException>(() =>
            Task.Run(() => BlockingConnection.Open(new Uri("http://[::1]:1"), Options(), TimeProvider.System, Cancellation), Cancellation));

        Assert.False(_peer.Pending());
    }

    private static HttpPeerOptions Options() => new() { ServerVersion = "3.5.30", LocalAddress = Local };

    private async Task<IPAddress> CallerAsync()
    {
        using Socket caller = await _peer.AcceptSocketAsync(Cancellation);
        return ((IPEndPoint)caller.RemoteEndPoint!).Address;
    }
}
