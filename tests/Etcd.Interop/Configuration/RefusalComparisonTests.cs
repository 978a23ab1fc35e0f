using System.Text.Json;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Configuration;

/// <summary>What cannot be started is refused as real etcd 3.5 refuses it: same exit code, same text.</summary>
public sealed class RefusalComparisonTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("--bogus")]
    [InlineData("stray")]
    [InlineData("--name")]
    [InlineData("--heartbeat-interval=abc")]
    [InlineData("--pre-vote=maybe")]
    [InlineData("--initial-cluster-state=foo")]
    [InlineData("--listen-peer-urls=ftp://x:1")]
    [InlineData("--heartbeat-interval=500", "--election-timeout=1000")]
    [InlineData("--listen-client-urls=http://127.0.0.1:1")]
    [InlineData("--listen-peer-urls=http://example.com:2380")]
    [InlineData("--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://127.0.0.1:1")]
    [InlineData("--tls-min-version=TLS1.9")]
    [InlineData("--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2")]
    [InlineData("--tls-min-version=TLS1.3", "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData("--cipher-suites=FOO")]
    [InlineData("--auto-compaction-mode=foo")]
    [InlineData("--logger=capnslog")]
    [InlineData("--config-file=/no/such/file")]
    [InlineData("--auth-token-ttl=-1")]
    [InlineData("--advertise-client-urls=http://")]
    [InlineData("--self-signed-cert-validity=-1")]
    [InlineData("--experimental-compact-hash-check-time=0s")]
    [InlineData("--experimental-enable-distributed-tracing", "--experimental-distributed-tracing-sampling-rate=1000001")]
    [InlineData("--experimental-enable-distributed-tracing", "--experimental-distributed-tracing-sampling-rate=-1")]
    [InlineData("--proxy=foo")]
    [InlineData("--v2-deprecation=foo")]
    public async Task Start_UnfitArguments_IsRefusedAsByRealEtcd(params string[] arguments)
    {
        CommandOutcome ours = await RunAsync(ServerKind.Ours, arguments);
        CommandOutcome theirs = await RunAsync(ServerKind.Real35, arguments);

        AssertSameRefusal(theirs, ours);
    }

    // What real etcd finds only when it listens already: on ports of the test's own.
    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("--auto-compaction-retention=abc")]
    [InlineData("--auto-compaction-retention=5x")]
    [InlineData("--auto-compaction-retention=-5")]
    [InlineData("--auto-compaction-mode=revision", "--auto-compaction-retention=abc")]
    [InlineData("--auth-token=foo")]
    [InlineData("--auth-token=jwt")]
    [InlineData("--auth-token=jwt,sign-method=RS256")]
    [InlineData("--auth-token=jwt,sign-method=RS256,pub-key=/no/such/file")]
    [InlineData(
        "--cert-file=/no/such/cert", "--key-file=/no/such/key", "--listen-client-urls=https://127.0.0.1:0", "--advertise-client-urls=https://127.0.0.1:1")]
    [InlineData("--peer-cert-file=/no/such/cert", "--peer-key-file=/no/such/key")]
    [InlineData("--peer-trusted-ca-file=/no/such/ca")]
    [InlineData("--self-signed-cert-validity=0", "--auto-tls")]
    [InlineData("--initial-cluster=default")]
    [InlineData("--initial-cluster=default=ftp://127.0.0.1:1")]
    [InlineData("--initial-cluster=default=http://127.0.0.1")]
    [InlineData("--initial-cluster==http://127.0.0.1:1")]
    [InlineData("--initial-cluster=other=http://127.0.0.1:1")]
    public async Task Start_UnfitArgumentsOnFreePorts_IsRefusedAsByRealEtcd(params string[] arguments)
    {
        string peers = $"http://127.0.0.1:{LoopbackPorts.Take()}";
        string[] urls =
        [
            "--listen-client-urls=http://127.0.0.1:0", "--advertise-client-urls=http://127.0.0.1:1", $"--listen-peer-urls={peers}",
            $"--initial-advertise-peer-urls={peers}", $"--initial-cluster=default={peers}",
        ];
        string[] all = [.. arguments, .. urls.Where(url => !arguments.Any(given => FlagOf(given) == FlagOf(url)))];

        CommandOutcome ours = await RunAsync(ServerKind.Ours, all);
        CommandOutcome theirs = await RunAsync(ServerKind.Real35, all);

        AssertSameRefusal(theirs, ours);
    }

    // What is wrong with a text is told by the JSON library, each in its own words.
    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("{x", "improperly formatted log rotation config: ")]
    [InlineData("", "improperly formatted log rotation config: ")]
    [InlineData("[]", "invalid log rotation config: ")]
    [InlineData("{\"maxsize\":1.5}", "invalid log rotation config: ")]
    public async Task Start_UnfitLogRotation_IsRefusedAsByRealEtcd(string json, string expected)
    {
        string[] arguments = ["--enable-log-rotation", $"--log-outputs={_directory.File("log")}", $"--log-rotation-config-json={json}"];

        foreach (ServerKind kind in new[] { ServerKind.Ours, ServerKind.Real35 })
        {
            CommandOutcome outcome = await RunAsync(kind, arguments);

            Assert.Equal(1, outcome.ExitCode);
            Assert.StartsWith(expected, Assert.Single(Reasons(outcome)), StringComparison.Ordinal);
        }
    }

    public void Dispose() => _directory.Dispose();

    private static void AssertSameRefusal(CommandOutcome theirs, CommandOutcome ours)
    {
        Assert.Equal(theirs.ExitCode, ours.ExitCode);
        if (theirs.ExitCode == 2)
        {
            Assert.Equal(theirs.Errors.Split('\n')[0], ours.Errors.Split('\n')[0]);
        }
        else
        {
            Assert.Contains(Assert.Single(Reasons(ours)), Reasons(theirs));
        }
    }

    private static string FlagOf(string argument) => argument.Split('=', 2)[0];

    private Task<CommandOutcome> RunAsync(ServerKind kind, string[] arguments) =>
        new Command(EtcdServerOptions.ProgramOf(kind), arguments)
        {
            Environment = new Dictionary<string, string> { ["ETCD_DATA_DIR"] = _directory.File(kind.ToString()) },
        }.RunAsync(TestContext.Current.CancellationToken);

    private static List<string> Reasons(CommandOutcome outcome)
    {
        var reasons = new List<string>();
        foreach (string line in outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] == '{'))
        {
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.TryGetProperty("error", out JsonElement reason))
            {
                reasons.Add(reason.GetString()!);
            }
        }

        return reasons;
    }
}
