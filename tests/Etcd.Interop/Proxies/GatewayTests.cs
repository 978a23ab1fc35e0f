using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

public sealed class GatewayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Gateway_OneEndpointIsDown_CarriesClientsToTheOther()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = _directory.File("data") }, Cancellation);
        await using ProxyProcess gateway = await ProxyProcess.StartGatewayAsync($"127.0.0.1:{LoopbackPorts.Take()},{server.Endpoint}");
        await using var client = new EtcdClient(gateway.Endpoint);
        using var http = new HttpClient();

        await client.Kv.PutAsync("k", "v", cancellationToken: Cancellation);
        RangeResponse reply = await client.Kv.GetAsync("k", cancellationToken: Cancellation);
        string version = await http.GetStringAsync(new Uri($"http://{gateway.Endpoint}/version"), Cancellation);

        Assert.Equal("v", reply.Kvs[0].Value.ToStringUtf8());
        Assert.Contains("etcdserver", version, StringComparison.Ordinal);
        Assert.Contains(gateway.Log.Lines, line => line.Contains("deactivated endpoint", StringComparison.Ordinal));
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Theory]
    [InlineData("gateway start --listen-addr nonsense", "address nonsense")]
    [InlineData("grpc-proxy start --listen-addr 127.0.0.1:0 --resolver-prefix x", "invalid resolver-ttl 0")]
    [InlineData("grpc-proxy start --listen-addr 127.0.0.1:0 --cert x", "KeyFile and CertFile must both be present")]
    [InlineData("grpc-proxy start --no-such-flag", "--no-such-flag")]
    public async Task Program_FlagsThatMakeNoSense_AreRefusedInOneLine(string arguments, string reason)
    {
        CommandOutcome outcome = await new Command(OurPrograms.Server, arguments.Split(' ')).RunAsync(Cancellation);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(reason, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }
}
