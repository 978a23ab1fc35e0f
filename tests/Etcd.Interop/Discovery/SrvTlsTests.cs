using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>Members with TLS, and clients and a gateway of theirs, that know nothing but a domain.</summary>
public sealed class SrvTlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Cluster_OfSecureRecords_IsFoundByItsMembersClientsAndGateway()
    {
        Assert.SkipUnless(DnsServer.IsPresent, DnsServer.AbsentReason);
        using var authority = new TestAuthority(_directory.File("pki"));
        TestCertificate certificate = authority.Sign("member", TestSubject.Member);
        await using var m1 = new DiscoveredMember("m1");
        await using var m2 = new DiscoveredMember("m2");
        await using var m3 = new DiscoveredMember("m3");
        DiscoveredMember[] members = [m1, m2, m3];
        await using DnsServer dns = await DnsServer.StartAsync(
        [
            .. members.Select(member => $"--srv-host=_etcd-server-ssl-prod._tcp.cluster.test,localhost,{member.PeerPort},0,10"),
            .. members.Select(member => $"--srv-host=_etcd-client-ssl-prod._tcp.cluster.test,localhost,{member.ClientPort},0,10"),

            // A record without TLS beside them must not be used by who did not ask for it.
            $"--srv-host=_etcd-client-prod._tcp.cluster.test,localhost,{LoopbackPorts.Take()},0,10",
        ]);
        string[] domain = ["--discovery-srv", "cluster.test", "--discovery-srv-name", "prod"];
        string[] shown = ["--cert", certificate.Certificate, "--key", certificate.Key, "--cacert", authority.File];

        foreach (DiscoveredMember member in members)
        {
            member.Launch(dns.ForPrograms, [.. domain, .. Secure(member, authority, certificate)]);
        }

        await Task.WhenAll(members.Select(member => member.WaitUntilReadyAsync()));
        CommandOutcome listed = await CtlAsync(dns, [.. domain, "--insecure-discovery=false", .. shown, "member", "list"]);
        CommandOutcome unknown = await CtlAsync(
            dns, [.. domain, "--insecure-discovery=false", "--cert", certificate.Certificate, "--key", certificate.Key, "--command-timeout=2s", "get", "a"]);
        int port = LoopbackPorts.Take();
        await using RunningCommand gateway = RunningCommand.Start(
            new Command(OurPrograms.Server, ["gateway", "start", "--listen-addr", $"127.0.0.1:{port}", "--trusted-ca-file", authority.File, .. domain])
            {
                Environment = dns.ForPrograms,
            });
        await gateway.Errors.WaitForAsync(
            line => line.Contains("ready to proxy client requests", StringComparison.Ordinal), TimeSpan.FromSeconds(20), Cancellation);
        CommandOutcome put = await CtlAsync(dns, ["--endpoints", $"https://127.0.0.1:{port}", .. shown, "put", "a", "b"]);

        Assert.All(members, member => Assert.Contains(
            $"started, {member.Name}, https://localhost:{member.PeerPort}, https://127.0.0.1:{member.ClientPort}", listed.MustSucceed().Output, StringComparison.Ordinal));
        Assert.Equal(1, unknown.ExitCode);
        Assert.Equal("OK\n", put.MustSucceed().Output);
    }

    // CVE-2020-15136: what DNS names is used only when an authority of the operator's vouches for it.
    [Fact(Timeout = 60_000)]
    public async Task Gateway_RecordsOfStrangers_AreLeftOut()
    {
        Assert.SkipUnless(DnsServer.IsPresent, DnsServer.AbsentReason);
        using var authority = new TestAuthority(_directory.File("pki"));
        using var others = new TestAuthority(_directory.File("others"), "others");
        TestCertificate certificate = authority.Sign("member", TestSubject.Member);
        await using var member = new DiscoveredMember("m1");
        member.Launch(
            new Dictionary<string, string>(),
            ["--initial-cluster", $"m1=https://localhost:{member.PeerPort}", .. Secure(member, authority, certificate)]);
        await member.WaitUntilReadyAsync();
        await using DnsServer dns = await DnsServer.StartAsync([$"--srv-host=_etcd-client-ssl._tcp.cluster.test,localhost,{member.ClientPort},0,10"]);
        string listed = $"127.0.0.1:{LoopbackPorts.Take()}";

        await using RunningCommand gateway = RunningCommand.Start(new Command(
            OurPrograms.Server,
            [
                "gateway", "start", "--listen-addr", $"127.0.0.1:{LoopbackPorts.Take()}", "--discovery-srv", "cluster.test",
                "--trusted-ca-file", others.File, "--endpoints", listed,
            ])
        {
            Environment = dns.ForPrograms,
        });
        string refused = await gateway.Errors.WaitForAsync(
            line => line.Contains("failed to validate discovered endpoints", StringComparison.Ordinal), TimeSpan.FromSeconds(20), Cancellation);
        string ready = await gateway.Errors.WaitForAsync(
            line => line.Contains("ready to proxy client requests", StringComparison.Ordinal), TimeSpan.FromSeconds(20), Cancellation);

        Assert.Contains("x509: certificate signed by unknown authority", refused, StringComparison.Ordinal);
        Assert.Contains($"\"endpoints\":[\"{listed}\"]", ready, StringComparison.Ordinal);
    }

    private static string[] Secure(DiscoveredMember member, TestAuthority authority, TestCertificate certificate) =>
    [
        "--listen-peer-urls", $"https://127.0.0.1:{member.PeerPort}", "--initial-advertise-peer-urls", $"https://localhost:{member.PeerPort}",
        "--listen-client-urls", $"https://127.0.0.1:{member.ClientPort}", "--advertise-client-urls", $"https://127.0.0.1:{member.ClientPort}",
        "--cert-file", certificate.Certificate, "--key-file", certificate.Key, "--trusted-ca-file", authority.File, "--client-cert-auth",
        "--peer-cert-file", certificate.Certificate, "--peer-key-file", certificate.Key, "--peer-trusted-ca-file", authority.File, "--peer-client-cert-auth",
    ];

    private static Task<CommandOutcome> CtlAsync(DnsServer dns, params string[] arguments) =>
        new Command(OurPrograms.Ctl, arguments) { Environment = dns.ForPrograms }.RunAsync(Cancellation);
}
