using System.Net;

using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

/// <summary>Certificates on either side of the gRPC proxy.</summary>
public sealed class ProxyTlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority;

    public ProxyTlsTests() => _authority = new TestAuthority(_directory.File("authority"), "authority");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    // Else every client without a token would be the user of that name.
    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Proxy_CertificateWithACommonName_DoesNotStart(ServerKind kind)
    {
        TestCertificate named = _authority.Sign("named", TestSubject.Client with { CommonName = "root" });
        var start = new Command(
            EtcdServerOptions.ProgramOf(kind),
            [
                "grpc-proxy", "start", "--endpoints", "https://127.0.0.1:1", "--listen-addr", $"127.0.0.1:{LoopbackPorts.Take()}",
                "--cert", named.Certificate, "--key", named.Key, "--cacert", _authority.File,
            ]);

        CommandOutcome outcome = await start.RunAsync(Cancellation);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"cert has non empty Common Name (root): {named.Certificate}", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task MetricsAddress_PlainBesideATlsPort_IsPlain(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync();
        int port = LoopbackPorts.Take();
        TestCertificate own = _authority.Sign("proxy", TestSubject.Member);

        // Real etcd's proxy is a client of its own port.
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(
            kind,
            server.Endpoint,
            "--cert-file", own.Certificate, "--key-file", own.Key, "--trusted-ca-file", _authority.File, "--metrics-addr", $"http://127.0.0.1:{port}");
        using var http = new HttpClient();

        string metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/proxy/metrics"), Cancellation);

        Assert.Contains("etcd_grpc_proxy_cache_keys_total", metrics, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task MetricsAddress_Https_ShowsTheCertificateOfTheProxy()
    {
        int port = LoopbackPorts.Take();
        TestCertificate own = _authority.Sign("proxy", TestSubject.Member);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(
            "127.0.0.1:1", "--cert-file", own.Certificate, "--key-file", own.Key, "--metrics-addr", $"https://127.0.0.1:{port}");
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=member" },
        });

        using HttpResponseMessage reply = await http.GetAsync(new Uri($"https://127.0.0.1:{port}/proxy/metrics"), Cancellation);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    // Without a certificate it would be served in clear text, whatever the address says.
    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task MetricsAddress_HttpsWithoutACertificate_DoesNotStart(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync();
        int port = LoopbackPorts.Take();
        string own = $"127.0.0.1:{LoopbackPorts.Take()}";
        var start = new Command(
            EtcdServerOptions.ProgramOf(kind),
            [
                "grpc-proxy", "start", "--endpoints", server.Endpoint, "--listen-addr", own, "--advertise-client-url", own,
                "--metrics-addr", $"https://127.0.0.1:{port}",
            ]);

        CommandOutcome outcome = await start.RunAsync(Cancellation);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(
            $"cannot listen on TLS for 127.0.0.1:{port}: KeyFile and CertFile are not presented", outcome.Errors, StringComparison.Ordinal);
    }

    private Task<EtcdServer> StartAsync() =>
        EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File("data") }, Cancellation);
}
