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
    public async Task Start_UnfitArguments_IsRefusedAsByRealEtcd(params string[] arguments)
    {
        CommandOutcome ours = await RunAsync(ServerKind.Ours, arguments);
        CommandOutcome theirs = await RunAsync(ServerKind.Real35, arguments);

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

    public void Dispose() => _directory.Dispose();

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
