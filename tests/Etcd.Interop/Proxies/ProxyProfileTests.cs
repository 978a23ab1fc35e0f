using System.Net;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

/// <summary>Profiles of the gRPC proxy, for whom the operator lets take them.</summary>
public sealed class ProxyProfileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Profiles_OfAProxy_AreThereOnlyWithTheFlag()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File("data") }, Cancellation);
        await using ProxyProcess with = await ProxyProcess.StartGrpcAsync(server.Endpoint, "--enable-pprof");
        await using ProxyProcess without = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        using var http = new HttpClient();

        string started = await http.GetStringAsync(new Uri($"http://{with.Endpoint}/debug/pprof/cmdline"), Cancellation);
        string heap = await http.GetStringAsync(new Uri($"http://{with.Endpoint}/debug/pprof/heap"), Cancellation);
        using HttpResponseMessage refused = await http.GetAsync(new Uri($"http://{without.Endpoint}/debug/pprof/heap"), Cancellation);

        Assert.Contains("grpc-proxy\0start\0", started, StringComparison.Ordinal);
        Assert.NotEmpty(heap);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }
}
