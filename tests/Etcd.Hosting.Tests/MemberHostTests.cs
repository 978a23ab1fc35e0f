using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// A member on real ports of the loopback address.
public sealed class MemberHostTests : IDisposable
{
    private static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A watch has no end of its own: it held up the stop until the ports were cut off.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_OpenWatch_EndsItAtOnceAsUnavailable(bool servesHttp2Itself)
    {
        MemberSettings settings = Settings();
        settings.ServesHttp2Itself = servesHttp2Itself;
        MemberHost host = await StartAsync(settings);
        await using var channel = new RpcChannel(RpcAddress.Parse($"http://{host.ClientEndPoints[0]}"));
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await channel.StreamAsync(Watch, cancellationToken: Cancellation);
        await watch.WriteAsync(
            new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("a") } }, Cancellation);
        Assert.True(await watch.MoveNextAsync(Cancellation));

        long began = Stopwatch.GetTimestamp();
        await host.DisposeAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => watch.MoveNextAsync(Cancellation).AsTask());

        Assert.Equal((RpcStatusCode.Unavailable, "etcdserver: server stopped"), (end.Code, end.Message));
        Assert.True(took < MemberHost.DrainTimeout, $"the stop took {took}");
    }

    [Fact]
    public async Task Start_HttpUrlsOfTheirOwn_TakeHttpOffTheClientPort()
    {
        int httpPort = FreePort();
        int metricsPort = FreePort();
        MemberSettings settings = Settings();
        settings.ListenClientHttpUrls = [new Uri($"http://127.0.0.1:{httpPort}")];
        settings.ListenMetricsUrls = [new Uri($"http://127.0.0.1:{metricsPort}")];
        await using MemberHost host = await StartAsync(settings);
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(http, $"http://{host.ClientEndPoints[0]}/version"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"http://127.0.0.1:{httpPort}/version"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"http://127.0.0.1:{metricsPort}/health"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"http://127.0.0.1:{metricsPort}/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(http, $"http://127.0.0.1:{metricsPort}/version"));
    }

    // It was "address already in use".
    [Fact]
    public async Task Start_UrlsNamedTwice_AreListenedOnOnce()
    {
        MemberSettings settings = Settings();
        var client = new Uri($"http://127.0.0.1:{FreePort()}");
        var metrics = new Uri($"http://127.0.0.1:{FreePort()}");
        settings.ListenPeerUrls = [settings.ListenPeerUrls[0], settings.ListenPeerUrls[0]];
        settings.ListenClientUrls = [client, client];
        settings.ListenMetricsUrls = [metrics, metrics];
        await using MemberHost host = await StartAsync(settings);
        using var http = new HttpClient();

        Assert.Equal(client.Authority, Assert.Single(host.ClientEndPoints).ToString());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"{client}version"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"{metrics}health"));
    }

    // The log said that they are ignored, and the start ended because they were missing.
    [Fact]
    public async Task Start_CertificateFilesThatNoUrlNeeds_AreNotRead()
    {
        MemberSettings settings = Settings();
        settings.ClientTls = new TlsSettings
        {
            CertificateFile = _directory.File("missing.crt"),
            KeyFile = _directory.File("missing.key"),
            TrustedAuthorityFile = _directory.File("missing-ca.crt"),
        };
        await using MemberHost host = await StartAsync(settings);
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, $"http://{host.ClientEndPoints[0]}/version"));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string url)
    {
        using HttpResponseMessage reply = await http.GetAsync(new Uri(url), Cancellation);
        return reply.StatusCode;
    }

    private static Task<MemberHost> StartAsync(MemberSettings settings) =>
        MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);

    private MemberSettings Settings()
    {
        var peerUrl = new Uri($"http://127.0.0.1:{FreePort()}");
        return new MemberSettings
        {
            DataDirectory = Path.Combine(_directory.Path, "data"),
            ListenClientUrls = [new Uri("http://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl.OriginalString}",
            UnsafeNoSync = true,
        };
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
