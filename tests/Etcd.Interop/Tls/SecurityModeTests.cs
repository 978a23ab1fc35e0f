using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Tls;

// Issue 5: "Real etcdctl 3.4/3.5 … work through each security mode".

/// <summary>This server in each of its security modes, and etcdctl of 3.4, of 3.5 and of this repository as its clients.</summary>
public sealed class SecurityModeTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly TestCertificate _member;

    public SecurityModeTests()
    {
        _authority = new TestAuthority(_directory.File("certs"));
        _member = _authority.Sign("member", TestSubject.Member);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static IReadOnlyList<string> Clients { get; } = [OurPrograms.Ctl, RealEtcd.Ctl("3.4"), RealEtcd.Ctl("3.5")];

    private string[] Trusting => ["--cacert", _authority.File];

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task ServerTls_ClientThatTrustsTheAuthorityOrAnybody_IsServed()
    {
        await using EtcdServer server = await StartAsync();

        await AreServedAsync(server, Trusting);
        await AreServedAsync(server, "--insecure-transport=false", "--insecure-skip-tls-verify");
        await AreRefusedAsync(server, "rejected connection on client endpoint", "--insecure-transport=false");
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task ClientCertificates_NoneOrARevokedOne_IsRefused()
    {
        TestCertificate good = _authority.Sign("good", TestSubject.Client);
        TestCertificate revoked = _authority.Sign("revoked", TestSubject.Client);
        await using EtcdServer server = await StartAsync(
            "--client-cert-auth", "--trusted-ca-file", _authority.File, "--client-crl-file", _authority.Revoke(revoked));

        await AreServedAsync(server, Showing(good));
        await Task.WhenAll(
            AreRefusedAsync(server, "tls: client didn't provide a certificate", Trusting),
            AreRefusedAsync(server, "transport: certificate serial", Showing(revoked)));
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task AllowedHostName_OtherName_IsRefused()
    {
        TestCertificate named = _authority.Sign("named", TestSubject.Client with { Hosts = ["127.0.0.1", "client.example"] });
        TestCertificate other = _authority.Sign("other", TestSubject.Client with { Hosts = ["127.0.0.1", "other.example"] });
        await using EtcdServer server = await StartAsync(
            "--client-cert-auth", "--trusted-ca-file", _authority.File, "--client-cert-allowed-hostname", "client.example");

        await AreServedAsync(server, Showing(named));
        await AreRefusedAsync(server, "client certificate authentication failed", Showing(other));
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task AutoTls_ClientThatDoesNotVerify_IsServed()
    {
        await using EtcdServer server = await LaunchAsync("--auto-tls");

        await AreServedAsync(server, "--insecure-transport=false", "--insecure-skip-tls-verify");
    }

    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("--cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "--tls-max-version", "TLS1.2")]
    [InlineData("--tls-min-version", "TLS1.3")]
    public async Task VersionsAndSuites_OneLeft_IsSpokenByEveryClient(params string[] flags)
    {
        await using EtcdServer server = await StartAsync(flags);

        await AreServedAsync(server, Trusting);
    }

    // etcd documentation, "TLS": the common name of the client's certificate is its user when it shows no token.
    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Certificate_CommonName_IsTheUserUnlessAPasswordIsGiven()
    {
        string[] root = Showing(_authority.Sign("root", TestSubject.Client with { CommonName = "root" }));
        string[] alice = Showing(_authority.Sign("alice", TestSubject.Client with { CommonName = "alice" }));
        string[] stranger = Showing(_authority.Sign("stranger", TestSubject.Client with { CommonName = "stranger" }));
        await using EtcdServer server = await StartAsync(
            "--client-cert-auth", "--trusted-ca-file", _authority.File, "--bcrypt-cost", "4");
        foreach (string step in (string[])
        [
            "user add root:pw", "user grant-role root root", "user add alice:pw", "role add r", "role grant-permission r readwrite a b",
            "user grant-role alice r", "auth enable",
        ])
        {
            (await RunAsync(OurPrograms.Ctl, server, root, step.Split(' '))).MustSucceed();
        }

        await AreServedAsync(server, root);
        await AreServedAsync(server, alice);
        await AreServedAsync(server, [.. stranger, "--user", "alice:pw"]);
        foreach (string client in Clients)
        {
            (await RunAsync(client, server, [.. alice, "--user", "root:pw"], "put", "b", "v")).MustSucceed();
            CommandOutcome beyond = await RunAsync(client, server, alice, "put", "b", "v");
            CommandOutcome unknown = await RunAsync(client, server, stranger, "put", "a", "v");
            Assert.NotEqual(0, beyond.ExitCode);
            Assert.Contains("permission denied", beyond.Errors, StringComparison.Ordinal);
            Assert.NotEqual(0, unknown.ExitCode);
        }
    }

    private Task<EtcdServer> StartAsync(params string[] flags) =>
        LaunchAsync(["--cert-file", _member.Certificate, "--key-file", _member.Key, .. flags]);

    private Task<EtcdServer> LaunchAsync(params string[] flags)
    {
        int port = LoopbackPorts.Take();
        string url = $"https://127.0.0.1:{port}";
        return EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                DataDirectory = _directory.File("data"),
                ClientPort = port,
                Flags = ["--listen-client-urls", url, "--advertise-client-urls", url, .. flags],
            },
            Cancellation);
    }

    private string[] Showing(TestCertificate certificate) => [.. Trusting, "--cert", certificate.Certificate, "--key", certificate.Key];

    private static Task AreServedAsync(EtcdServer server, params string[] flags) => Task.WhenAll(Clients.Select(async (client, index) =>
    {
        (await RunAsync(client, server, flags, "put", $"a{index}", client)).MustSucceed();
        CommandOutcome got = await RunAsync(client, server, flags, "get", $"a{index}", "--print-value-only");
        Assert.Equal($"{client}\n", got.MustSucceed().Output);
    }));

    // What a client says of it is mostly that its time is over: the server knows why.
    private static async Task AreRefusedAsync(EtcdServer server, string reason, params string[] flags)
    {
        CommandOutcome[] refused = await Task.WhenAll(Clients.Select(client => RunAsync(client, server, flags, "get", "a", "--command-timeout", "2s")));

        Assert.All(refused, outcome => Assert.NotEqual(0, outcome.ExitCode));
        Assert.Contains(reason, server.Log.Text, StringComparison.Ordinal);
    }

    private static Task<CommandOutcome> RunAsync(string client, EtcdServer server, string[] flags, params string[] arguments) =>
        new Command(client, ["--endpoints", $"https://{server.Endpoint}", .. flags, .. arguments])
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" },
        }.RunAsync(Cancellation);
}
