using Etcd.Interop.Clusters;
using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Tls;

// Issue 5: "… and real etcd members work through each security mode".

/// <summary>This server and real etcd as members of one cluster, in each of the ways in which members may prove to each other who they are.</summary>
public sealed class PeerTlsClusterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    /// <summary>The ways, and whether 3.4 knows them.</summary>
    public static TheoryData<string, bool> Ways() => new()
    {
        { "automatic", true },
        { "common-name", true },
        { "host-name", true },
        { "revocations", true },
        { "client-certificate", false },
    };

    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(Ways))]
    public async Task Members_OfEveryKind_WorkTogetherWhoeverLeadsAndRefuseOthers(string way, bool in34)
    {
        using var authority = new TestAuthority(_directory.File("certs"));
        (string[] flags, TestCertificate? unfit) = SettingsOf(way, authority);
        await using ProcessCluster cluster = ProcessCluster.Create(
            in34 ? [ServerKind.Ours, ServerKind.Real35, ServerKind.Ours, ServerKind.Real34] : [ServerKind.Ours, ServerKind.Real35, ServerKind.Ours]);
        string initial = cluster.InitialCluster.Replace("http:", "https:", StringComparison.Ordinal);
        foreach (ClusterMember member in cluster.Members)
        {
            member.Launch(
                initial, "new", ["--listen-peer-urls", UrlOf(member), "--initial-advertise-peer-urls", UrlOf(member), .. flags]);
        }

        await cluster.WaitUntilReadyAsync();

        // A confirmed read goes over the connection between leader and member: each pair has its turn.
        foreach (ClusterMember leader in cluster.Members)
        {
            await cluster.MoveLeaderAsync(leader);
            for (int i = 0; i < cluster.Members.Count; i++)
            {
                string value = $"{leader.Name}-{i}";
                await cluster[i].PutAsync("key", value);
                Assert.Equal(value, await cluster[(i + 1) % cluster.Members.Count].GetAsync("key"));
            }
        }

        foreach (ClusterMember member in unfit is null ? [] : cluster.Members)
        {
            CommandOutcome refused = await new Command(
                "/usr/bin/curl",
                [
                    "--silent", "--show-error", "--max-time", "10", "--cacert", authority.File, "--cert", unfit!.Certificate, "--key", unfit.Key,
                    $"{UrlOf(member)}/version",
                ]).RunAsync(Cancellation);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("rejected connection", member.Process.Log.Text, StringComparison.Ordinal);
        }
    }

    // Flags of all members, and a certificate of the same authority that is not enough.
    private static (string[] Flags, TestCertificate? Unfit) SettingsOf(string way, TestAuthority authority)
    {
        if (way == "automatic")
        {
            return (["--peer-auto-tls"], null);
        }

        TestSubject subject = TestSubject.Member with { Hosts = [.. TestSubject.Member.Hosts, "member.example"] };
        TestCertificate unfit = authority.Sign("unfit", TestSubject.Member with { CommonName = "unfit" });
        TestCertificate shown = authority.Sign("member", subject with { ForClients = way != "client-certificate" });
        string[] secured =
        [
            "--peer-cert-file", shown.Certificate, "--peer-key-file", shown.Key, "--peer-trusted-ca-file", authority.File, "--peer-client-cert-auth",
        ];
        return way switch
        {
            "common-name" => ([.. secured, "--peer-cert-allowed-cn", "member"], unfit),
            "host-name" => ([.. secured, "--peer-cert-allowed-hostname", "member.example"], unfit),
            "revocations" => ([.. secured, "--peer-crl-file", authority.Revoke(unfit)], unfit),
            "client-certificate" => (
                [.. secured, .. ClientCertificate(authority.Sign("dialling", subject with { ForServers = false }))],
                shown),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
    }

    private static string[] ClientCertificate(TestCertificate certificate) =>
        ["--peer-client-cert-file", certificate.Certificate, "--peer-client-key-file", certificate.Key];

    private static string UrlOf(ClusterMember member) => $"https://127.0.0.1:{member.PeerPort}";
}
