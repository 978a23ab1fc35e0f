using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>etcdctl over TLS, to servers that want a certificate of their clients.</summary>
public sealed class EtcdctlTlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Commands_ServerWantsACertificate_ShowIt(ServerKind kind)
    {
        using TestAuthority authority = new(_directory.File("pki"));
        TestCertificate forServer = authority.Sign("server", TestSubject.Member);
        TestCertificate forClient = authority.Sign("client", TestSubject.Client);
        int port = LoopbackPorts.Take();
        string url = $"https://127.0.0.1:{port}";
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                Kind = kind,
                DataDirectory = _directory.File("data"),
                ClientPort = port,
                Flags =
                [
                    "--listen-client-urls", url, "--advertise-client-urls", url, "--client-cert-auth", "--trusted-ca-file", authority.File,
                    "--cert-file", forServer.Certificate, "--key-file", forServer.Key,
                ],
            },
            Cancellation);
        string[] secured = ["--cacert", authority.File, "--cert", forClient.Certificate, "--key", forClient.Key];

        string[][] calls =
        [
            ["put", "k", "v"], ["get", "k", "--endpoints", $"127.0.0.1:{port}"], ["endpoint", "health", "--cluster"], ["lock", "l", "true"],
            ["history", "k"], ["top", "--once", "--interval", "100ms"], ["snapshot", "save", _directory.File("s.db")],
        ];
        foreach (string[] call in calls)
        {
            Assert.Equal(0, (await RunAsync(url, [.. secured, .. call])).MustSucceed().ExitCode);
        }

        CommandOutcome doctor = await RunAsync(url, [.. secured, "doctor"]);
        CommandOutcome nobody = await RunAsync(url, ["--cacert", authority.File, "get", "k", "--command-timeout", "2s"]);
        CommandOutcome unsure = await RunAsync(url, ["--cert", forClient.Certificate, "--key", forClient.Key, "get", "k", "--command-timeout", "2s"]);
        CommandOutcome blind = await RunAsync(
            url, ["--cert", forClient.Certificate, "--key", forClient.Key, "--insecure-skip-tls-verify", "get", "k"]);

        Assert.Contains($"WARNING certificate: the certificate of {url} ends on", doctor.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (nobody.ExitCode, nobody.Output));
        Assert.Equal((1, ""), (unsure.ExitCode, unsure.Output));
        Assert.Equal("k\nv\n", blind.MustSucceed().Output);
    }

    private static Task<CommandOutcome> RunAsync(string url, IReadOnlyList<string> arguments) => new Command(
        OurPrograms.Ctl, arguments.Contains("--endpoints") ? arguments : ["--endpoints", url, .. arguments]).RunAsync(Cancellation);
}
