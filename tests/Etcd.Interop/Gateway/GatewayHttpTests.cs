using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Gateway;

/// <summary><c>/v3</c> by curl: replies equal those of real etcd 3.5, head and body.</summary>
public sealed class GatewayHttpTests
{
    private static readonly string Script = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Gateway", "requests.curl");

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Requests_EveryOneOfTheScript_AreAnsweredAsByRealEtcd()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(TestContext.Current.CancellationToken);
        string[] lines = await File.ReadAllLinesAsync(Script, TestContext.Current.CancellationToken);

        await MustAgreeAsync(pair, lines);
    }

    // DNS rebinding (CVE-2018-5702, CVE-2018-1098, CVE-2018-1099): a page under a name of its own reaches nothing, and reads no reply.
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Browsers_OfOtherHostsAndOrigins_AreAnsweredAsByRealEtcd()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(
            TestContext.Current.CancellationToken, "--host-whitelist=example.org,127.0.0.1", "--cors=http://a.example:80,http://b.example:8080");

        await MustAgreeAsync(
            pair,
            [
                "$U/version",
                "-H 'Host: example.org' $U/version",
                "-H 'Host: example.org:99' -H 'Origin: http://a.example:80' $U/version",
                "-H 'Host: EXAMPLE.org' -H 'Origin: http://c.example' $U/version",
                "-H 'Host: localhost' $U/health",
                "-H 'Host: evil.com:80' -X POST $U/v3/kv/range -d '{}'",
                "-H 'Host: evil.com' -X POST $U/v3beta/kv/range -d '{}'",
                "-H 'Host: [::1]:20' $U/version",
                "-H 'Origin: http://b.example:8080' -X OPTIONS $U/v3/kv/range",
                "-H 'Origin: http://evil.com' -X OPTIONS $U/v3/kv/range",
                "-X OPTIONS $U/nothing",
            ]);
        Assert.Contains("HTTP/1.1 421", (await pair.CurlAsync("-X PUT -H 'Host: evil.com' $U/v2/keys/a -d value=1")).Ours, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Probes_OfAHealthyMember_AreAnsweredAsByRealEtcd()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(TestContext.Current.CancellationToken);

        await MustAgreeAsync(
            pair,
            [
                "$U/health", "\"$U/health?serializable=true\"", "\"$U/health?exclude=FOO\"", "-X POST $U/health",
                "$U/livez", "\"$U/livez?verbose\"", "$U/readyz", "\"$U/readyz?exclude=zzz\"", "$U/livez/serializable_read", "$U/readyz/data_corruption",
                "$U/readyz/serializable_read", "$U/readyz/linearizable_read", "$U/readyz/non_learner", "$U/livez/zzz", "$U/livez/", "$U/livez/a/serializable_read",
                "\"$U/livez/serializable_read?verbose\"", "-X POST $U/livez", "-I $U/readyz",
                "\"$U/readyz?verbose=true&exclude=serializable_read&exclude=data_corruption&exclude=linearizable_read&exclude=non_learner\"",
                "-X POST $U/v3/maintenance/alarm -d '{\"action\":\"ACTIVATE\",\"alarm\":\"CORRUPT\",\"memberID\":\"7\"}'",
                "$U/livez", "\"$U/livez?verbose\"", "$U/readyz/data_corruption", "\"$U/readyz?exclude=data_corruption\"", "$U/readyz/serializable_read",
                "$U/readyz/linearizable_read", "$U/health", "\"$U/health?exclude=CORRUPT\"",
            ]);
        (string ours, string real) = await pair.CurlAsync("\"$U/readyz?verbose\"");
        Assert.Equal(real.Split('\n').Order(StringComparer.Ordinal), ours.Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EnableGateway_False_TakesItAway()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = directory.File("data"), Flags = ["--enable-grpc-gateway=false"] },
            TestContext.Current.CancellationToken);

        CommandOutcome outcome = await new Command("/usr/bin/curl", ["-s", "-X", "POST", $"http://{server.Endpoint}/v3/kv/range", "-d", "{}"])
            .RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("404 page not found\n", outcome.Output);
    }

    private static async Task MustAgreeAsync(GatewayPair pair, IEnumerable<string> lines)
    {
        var differences = new List<string>();
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            (string ours, string real) = await pair.CurlAsync(line);
            if (ours != real)
            {
                differences.Add($"=== curl {line}\n--- real\n{real}\n--- ours\n{ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
