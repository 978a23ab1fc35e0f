using Etcd.Interop.Clusters;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Commands and flags of releases after 3.5, which the real etcdctl 3.5 cannot be compared over.</summary>
public sealed class EtcdctlLaterTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private readonly string _prefix = $"later-{Guid.NewGuid():N}/";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Get_RevisionBounds_LimitTheKeys(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using Client.EtcdClient client = new(server.Endpoint);
        long first = (await client.Kv.PutAsync(_prefix + "a", "1", cancellationToken: Cancellation)).Header.Revision;
        long second = (await client.Kv.PutAsync(_prefix + "b", "1", cancellationToken: Cancellation)).Header.Revision;
        long third = (await client.Kv.PutAsync(_prefix + "a", "2", cancellationToken: Cancellation)).Header.Revision;

        Assert.Equal("a", await NamesAsync("--min-mod-rev", $"{third}"));
        Assert.Equal("b", await NamesAsync("--max-mod-rev", $"{second}"));
        Assert.Equal("b", await NamesAsync("--min-create-rev", $"{second}"));
        Assert.Equal("a", await NamesAsync("--max-create-rev", $"{first}"));

        async Task<string> NamesAsync(params string[] flags)
        {
            CommandOutcome outcome = await OursAsync(server, ["get", "--prefix", _prefix, "--keys-only", .. flags]);
            return string.Join(' ', outcome.MustSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(key => key[_prefix.Length..]));
        }
    }

    [Fact]
    public async Task Get_InPieces_PrintsTheSame()
    {
        EtcdServer server = await servers.GetAsync(ServerKind.Ours);
        await using Client.EtcdClient client = new(server.Endpoint);
        for (int number = 0; number < 50; number++)
        {
            await client.Kv.PutAsync($"{_prefix}{number}", "value", cancellationToken: Cancellation);
        }

        foreach (string[] flags in new string[][] { [], ["--limit", "30"], ["--keys-only"], ["-w", "fields"], ["-w", "json", "--limit", "7"], ["--print-value-only"] })
        {
            CommandOutcome whole = await OursAsync(server, ["get", "--prefix", _prefix, .. flags]);
            CommandOutcome pieces = await OursAsync(server, ["get", "--prefix", _prefix, "--stream", .. flags]);
            Assert.Equal(whole.MustSucceed().Output, pieces.MustSucceed().Output);
        }

        CommandOutcome sorted = await OursAsync(server, ["get", "--prefix", _prefix, "--stream", "--sort-by", "VALUE"]);
        Assert.Equal((1, ""), (sorted.ExitCode, sorted.Output));
        Assert.Contains("RangeStream does not support custom sort orders", sorted.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task MemberList_Serializable_IsTheSameList(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);

        CommandOutcome usual = await OursAsync(server, ["member", "list"]);
        CommandOutcome local = await OursAsync(server, ["member", "list", "--consistency", "s"]);

        Assert.Equal(usual.MustSucceed().Output, local.MustSucceed().Output);
    }

    [Fact]
    public async Task MemberList_WithoutQuorum_IsAnsweredOnlyWhereThisMemberMayAnswerAlone()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(ServerKind.Ours, ServerKind.Ours);
        CommandOutcome before = await OursAsync(cluster[0].Process, ["member", "list"]);
        await cluster[1].Process.KillAsync();

        CommandOutcome linearizable = await OursAsync(cluster[0].Process, ["member", "list", "--command-timeout", "2s"]);
        CommandOutcome serializable = await OursAsync(cluster[0].Process, ["member", "list", "--command-timeout", "2s", "--consistency", "s"]);

        Assert.Equal((1, ""), (linearizable.ExitCode, linearizable.Output));
        Assert.EndsWith("Error: context deadline exceeded\n", linearizable.Errors, StringComparison.Ordinal);
        Assert.Equal(before.MustSucceed().Output, serializable.MustSucceed().Output);
    }

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Downgrade_OfRealEtcd_AsksIt()
    {
        EtcdServer server = await servers.GetAsync(ServerKind.Real35);

        CommandOutcome validate = await OursAsync(server, ["downgrade", "validate", "3.4"]);
        CommandOutcome json = await OursAsync(server, ["downgrade", "validate", "3.4", "-w", "json"]);
        CommandOutcome cancel = await OursAsync(server, ["downgrade", "cancel"]);
        CommandOutcome nothing = await OursAsync(server, ["downgrade", "enable"]);

        Assert.Equal("Downgrade validate success, cluster version 3.5.0\n", validate.MustSucceed().Output);
        Assert.EndsWith("\"version\":\"3.5.0\"}\n", json.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(1, cancel.ExitCode);
        Assert.EndsWith("Error: etcdserver: no inflight downgrade job\n", cancel.Errors, StringComparison.Ordinal);
        Assert.Equal((128, "Error: TARGET_VERSION not provided\n"), (nothing.ExitCode, nothing.Errors));
    }

    [Fact]
    public async Task GlobalFlags_OfLaterReleases_WorkAndAreListed()
    {
        EtcdServer server = await servers.GetAsync(ServerKind.Ours);

        CommandOutcome options = await OursAsync(server, ["options"]);
        CommandOutcome both = await OursAsync(server, ["get", "a", "--auth-jwt-token", "x", "--user", "y:z"]);
        CommandOutcome large = await OursAsync(server, ["put", _prefix, "value", "--max-request-bytes", "4"]);
        CommandOutcome help = await OursAsync(server, ["get", "--help"]);

        Assert.Contains("--auth-jwt-token", options.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("--max-recv-bytes", options.Output, StringComparison.Ordinal);
        Assert.Equal((128, "Error: --auth-jwt-token cannot be given together with --user or --password\n"), (both.ExitCode, both.Errors));
        Assert.Equal(1, large.ExitCode);
        Assert.Contains("trying to send message larger than max", large.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("--auth-jwt-token", help.MustSucceed().Output, StringComparison.Ordinal);
    }

    private static Task<CommandOutcome> OursAsync(EtcdServer server, IReadOnlyList<string> arguments) =>
        new Command(OurPrograms.Ctl, ["--endpoints", server.Endpoint, .. arguments]).RunAsync(Cancellation);
}
