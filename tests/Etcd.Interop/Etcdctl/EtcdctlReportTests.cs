using System.Text.Json;
using Etcd.Client;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>history, doctor, top and check, which look at the server: at ours and at real etcd.</summary>
public sealed class EtcdctlReportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task History_OfAKey_ShowsWhatTheStoreHolds(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using EtcdClient client = new(server.Endpoint);
        await client.Leases.GrantAsync(600, leaseId: 0x77, Cancellation);
        await client.Kv.PutAsync("k", "one", cancellationToken: Cancellation);
        await client.Kv.PutAsync("k", "two", new PutOptions { Lease = 0x77 }, Cancellation);
        await client.Kv.PutAsync("other", "x", cancellationToken: Cancellation);
        await client.Kv.DeleteAsync("k", cancellationToken: Cancellation);
        await client.Kv.PutAsync("k", "three", cancellationToken: Cancellation);

        CommandOutcome all = await OursAsync(server, "history", "k");
        await client.Kv.DeleteAsync("k", cancellationToken: Cancellation);
        CommandOutcome newest = await OursAsync(server, "history", "k", "--limit", "2");
        CommandOutcome from = await OursAsync(server, "history", "k", "--rev", "5");
        await client.Kv.CompactAsync(3, cancellationToken: Cancellation);
        CommandOutcome compacted = await OursAsync(server, "history", "k");
        CommandOutcome json = await OursAsync(server, "history", "k", "-w", "json");
        await client.Kv.CompactAsync(7, cancellationToken: Cancellation);
        CommandOutcome gone = await OursAsync(server, "history", "k");

        Assert.Equal("2, PUT, 1, 0, \"one\"\n3, PUT, 2, 0000000000000077, \"two\"\n5, DELETE, 0, 0, \n6, PUT, 1, 0, \"three\"\n", all.MustSucceed().Output);
        Assert.Equal("6, PUT, 1, 0, \"three\"\n7, DELETE, 0, 0, \n", newest.MustSucceed().Output);
        Assert.Equal("5, DELETE, 0, 0, \n6, PUT, 1, 0, \"three\"\n7, DELETE, 0, 0, \n", from.MustSucceed().Output);
        Assert.Equal("3, PUT, 2, 0000000000000077, \"two\"\n5, DELETE, 0, 0, \n6, PUT, 1, 0, \"three\"\n7, DELETE, 0, 0, \n", compacted.MustSucceed().Output);
        Assert.Equal("", gone.MustSucceed().Output);
        using JsonDocument document = JsonDocument.Parse(json.MustSucceed().Output);
        Assert.Equal(3, document.RootElement.GetProperty("compact_revision").GetInt64());
        Assert.Equal("DELETE", document.RootElement.GetProperty("history")[1].GetProperty("type").GetString());
        Assert.Equal(0x77, document.RootElement.GetProperty("history")[0].GetProperty("kv").GetProperty("lease").GetInt64());
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Doctor_WellAndThenNot_SaysSo(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using EtcdClient client = new(server.Endpoint);

        CommandOutcome well = await OursAsync(server, "doctor");
        CommandOutcome unreachable = await OursAsync(server, "doctor", "--endpoints", $"{server.Endpoint},127.0.0.1:1");
        await client.Cluster.AddMemberAsync(["http://127.0.0.1:1"], isLearner: true, Cancellation);
        CommandOutcome unstarted = await OursAsync(server, "doctor", "-w", "json");

        Assert.Equal(0, well.ExitCode);
        Assert.Contains("The cluster is well.", well.Output, StringComparison.Ordinal);
        Assert.Equal(1, unreachable.ExitCode);
        Assert.Contains("PROBLEM reachability: 127.0.0.1:1 does not answer", unreachable.Output, StringComparison.Ordinal);
        Assert.Equal(1, unstarted.ExitCode);
        using JsonDocument document = JsonDocument.Parse(unstarted.Output);
        Assert.False(document.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Contains(document.RootElement.GetProperty("findings").EnumerateArray(), finding =>
            finding.GetProperty("check").GetString() == "members"
            && finding.GetProperty("severity").GetString() == "problem"
            && finding.GetProperty("message").GetString()!.EndsWith("was added and never started", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Top_Once_ShowsMembersRatesAndHotPrefixes(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using EtcdClient client = new(server.Endpoint);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task writer = WriteAsync(client, writing.Token);

        CommandOutcome json = await OursAsync(server, "top", "--once", "-w", "json");
        CommandOutcome simple = await OursAsync(server, "top", "--once", "--interval", "200ms");
        await writing.CancelAsync();
        await writer;

        using JsonDocument document = JsonDocument.Parse(json.MustSucceed().Output);
        JsonElement member = Assert.Single(document.RootElement.GetProperty("members").EnumerateArray());
        Assert.Equal("leader", member.GetProperty("role").GetString());
        Assert.InRange(member.GetProperty("lag").GetUInt64(), 0UL, 100UL);
        Assert.True(!member.TryGetProperty("puts_per_second", out JsonElement puts) || puts.GetDouble() > 0);
        Assert.True(member.GetProperty("calls_per_second").GetDouble() > 0);
        Assert.Equal("hot/", document.RootElement.GetProperty("hot_prefixes")[0].GetProperty("prefix").GetString());
        Assert.Matches("^NAME +ROLE +VERSION", simple.MustSucceed().Output);
        Assert.Contains("\"hot/\"", simple.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", simple.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task CheckDatascale_SmallLoad_PassesAndLeavesNothing(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using EtcdClient client = new(server.Endpoint);

        CommandOutcome check = await OursAsync(server, "check", "datascale", "--auto-compact", "--auto-defrag");

        Assert.Matches(
            "^Start data scale check for work load \\[10000 key-value pairs, 1024 bytes per key-value, 50 concurrent clients\\]\\.\n"
            + "Compacting with revision ([0-9]+)\nCompacted with revision \\1\n"
            + "Defragmenting \"127.0.0.1:[0-9]+\"\nDefragmented \"127.0.0.1:[0-9]+\"\n"
            + "PASS: Approximate system memory used : -?[0-9]+\\.[0-9]{2} MB\\.\n$",
            check.MustSucceed().Output);
        Assert.Empty((await client.Kv.GetAsync(KeyRange.All, cancellationToken: Cancellation)).Kvs);
    }

    private static async Task WriteAsync(EtcdClient client, CancellationToken cancellationToken)
    {
        try
        {
            for (int number = 0; ; number++)
            {
                await client.Kv.PutAsync($"hot/{number % 10}", "v", cancellationToken: cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private static Task<CommandOutcome> OursAsync(EtcdServer server, params string[] arguments) => new Command(
        OurPrograms.Ctl, arguments.Contains("--endpoints") ? arguments : ["--endpoints", server.Endpoint, .. arguments]).RunAsync(Cancellation);

    private Task<EtcdServer> StartAsync(ServerKind kind) =>
        EtcdServer.StartAsync(new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File("data") }, Cancellation);
}
