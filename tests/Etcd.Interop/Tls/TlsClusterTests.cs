using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Tls;

/// <summary>Our member, real etcd 3.5 and real etcd 3.4 in one cluster in which every connection is TLS with certificates on both sides, and every
/// client that speaks to them.</summary>
public sealed class TlsClusterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Cluster_OfAllKinds_ServesEveryClientThroughEveryMember()
    {
        using var authority = new TestAuthority(_directory.File("certs"));
        ServerKind[] kinds = [ServerKind.Ours, ServerKind.Real35, ServerKind.Real34];
        await using var cluster = new TlsCluster(_directory, authority, kinds);
        await cluster.StartAsync();
        TestCertificate client = authority.Sign("client", TestSubject.Client);

        foreach ((string name, string program) in Clients())
        {
            foreach (EtcdServer member in cluster.Members)
            {
                string key = $"{name}-{member.Options.Kind}";
                CommandOutcome put = await new Command(program, [.. Flags(member, authority, client), "put", key, "v"])
                {
                    Environment = Version3,
                }.RunAsync(Cancellation);
                put.MustSucceed();
                CommandOutcome got = await new Command(program, [.. Flags(cluster.Members[0], authority, client), "get", key, "--print-value-only"])
                {
                    Environment = Version3,
                }.RunAsync(Cancellation);
                Assert.Equal("v\n", got.MustSucceed().Output);
            }
        }

        CommandOutcome health = await new Command("/usr/bin/curl",
        [
            "--silent", "--show-error", "--max-time", "10", "--cacert", authority.File, "--cert", client.Certificate, "--key", client.Key,
            $"https://{cluster.Members[0].Endpoint}/health",
        ]).RunAsync(Cancellation);
        Assert.Contains("\"health\":\"true\"", health.MustSucceed().Output, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private static Dictionary<string, string> Version3 { get; } = new() { ["ETCDCTL_API"] = "3" };

    private static IEnumerable<(string Name, string Program)> Clients() =>
        [("ours", OurPrograms.Ctl), ("ctl34", RealEtcd.Ctl("3.4")), ("ctl35", RealEtcd.Ctl("3.5"))];

    private static string[] Flags(EtcdServer member, TestAuthority authority, TestCertificate client) =>
    [
        "--endpoints", $"https://{member.Endpoint}", "--cacert", authority.File, "--cert", client.Certificate, "--key", client.Key,
    ];
}
