using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>lock and elect: what they print, how they end, and that ours and the real one exclude each other.</summary>
public sealed class EtcdctlLockTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _name = $"ctl-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_WithAProgram_GivesItsExitCodeAndReleases(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);

        CommandOutcome first = await OursAsync(server, "lock", _name, "--", "sh", "-c", "echo $ETCD_LOCK_KEY:$ETCD_LOCK_REV; exit 7");
        CommandOutcome second = await OursAsync(server, "lock", _name, "true");
        CommandOutcome absent = await OursAsync(server, "lock", _name, "no-such-program");

        Assert.Equal((7, "Error: exit status 7\n"), (first.ExitCode, first.Errors));
        Assert.Matches($"^{_name}/[0-9a-f]+:[0-9]+\n$", first.Output);
        Assert.Equal((0, "", ""), (second.ExitCode, second.Output, second.Errors));
        Assert.Equal((1, "Error: exec: \"no-such-program\": executable file not found in $PATH\n"), (absent.ExitCode, absent.Errors));
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Lock_OfOursAndTheRealOne_ExcludeEachOther(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using RunningCommand ours = Start(OurPrograms.Ctl, server, "lock", _name);
        await HasLineAsync(ours, _name);
        await using RunningCommand real = Start(RealEtcd.Ctl("3.5"), server, "lock", _name);
        await CountKeysAsync(server, 2);
        await using RunningCommand third = Start(OurPrograms.Ctl, server, "lock", _name);
        await CountKeysAsync(server, 3);
        bool realWaits = real.Output.Lines.Count == 0;

        ProcessSignals.SendInterrupt(ours.Process);
        int exitCode = await ours.WaitForExitAsync(Limit, Cancellation);
        await HasLineAsync(real, _name);
        bool thirdWaits = third.Output.Lines.Count == 0;
        await real.TerminateAsync();
        await HasLineAsync(third, _name);

        Assert.True(realWaits);
        Assert.True(thirdWaits);
        Assert.Equal(0, exitCode);
        Assert.Equal(0, await third.TerminateAsync());
        await CountKeysAsync(server, 0);
    }

    // Nobody says goodbye for it: its lease ends.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_HolderDies_GoesToTheNextWhenItsLeaseEnds(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using RunningCommand holder = Start(OurPrograms.Ctl, server, "lock", "--ttl", "2", _name);
        await HasLineAsync(holder, _name);
        await using RunningCommand next = Start(OurPrograms.Ctl, server, "lock", _name);
        await CountKeysAsync(server, 2);

        await holder.KillAsync();
        await HasLineAsync(next, _name);

        await CountKeysAsync(server, 1);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_InterruptedWhileItWaits_LeavesNothing(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using RunningCommand holder = Start(OurPrograms.Ctl, server, "lock", _name);
        await HasLineAsync(holder, _name);
        await using RunningCommand waiting = Start(OurPrograms.Ctl, server, "lock", _name);
        await CountKeysAsync(server, 2);

        ProcessSignals.SendInterrupt(waiting.Process);
        int exitCode = await waiting.WaitForExitAsync(Limit, Cancellation);

        Assert.Equal((1, "Error: context canceled"), (exitCode, waiting.Errors.Text));
        await CountKeysAsync(server, 1);
    }

    // A script without job control starts what ends in '&' like this.
    [Theory]
    [InlineData("lock", "")]
    [InlineData("elect", "me")]
    public async Task Holder_StartedWithTheInterruptIgnored_EndsOnItAllTheSame(string command, string proposal)
    {
        EtcdServer server = await servers.GetAsync(ServerKind.Ours);
        string[] rest = proposal.Length == 0 ? [_name] : [_name, proposal];
        await using var holder = RunningCommand.Start(new Command(
            "/bin/sh", ["-c", "trap '' INT; exec \"$0\" \"$@\"", OurPrograms.Ctl, "--endpoints", server.Endpoint, command, .. rest]));
        await HasLineAsync(holder, _name);

        ProcessSignals.SendInterrupt(holder.Process);

        Assert.Equal(0, await holder.WaitForExitAsync(Limit, Cancellation));
        await CountKeysAsync(server, 0);
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Elect_OfOursAndTheRealOne_LeadOneAfterTheOther(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using RunningCommand observer = Start(RealEtcd.Ctl("3.5"), server, "elect", "-l", _name);
        await using RunningCommand ours = Start(OurPrograms.Ctl, server, "elect", _name, "ours");
        await HasLineAsync(ours, "ours");
        await HasLineAsync(observer, "ours");
        await using RunningCommand real = Start(RealEtcd.Ctl("3.5"), server, "elect", _name, "real");
        await CountKeysAsync(server, 2);
        await using RunningCommand last = Start(OurPrograms.Ctl, server, "elect", _name, "last");
        await CountKeysAsync(server, 3);
        bool realWaits = real.Output.Lines.Count == 0;

        Assert.Equal(0, await ours.TerminateAsync());
        await HasLineAsync(real, "real");
        await HasLineAsync(observer, "real");
        bool lastWaits = last.Output.Lines.Count == 0;
        await real.TerminateAsync();
        await HasLineAsync(last, "last");
        await HasLineAsync(observer, "last");

        Assert.True(realWaits);
        Assert.True(lastWaits);
        Assert.Equal(0, await last.TerminateAsync());
        await CountKeysAsync(server, 0);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Elect_CandidatesAndObserver_SeeTheSame(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using RunningCommand observer = Start(OurPrograms.Ctl, server, "elect", "-l", _name);
        await using RunningCommand first = Start(OurPrograms.Ctl, server, "elect", _name, "first");
        await HasLineAsync(first, "first");
        await HasLineAsync(observer, "first");
        await using RunningCommand second = Start(OurPrograms.Ctl, server, "elect", _name, "second");
        await CountKeysAsync(server, 2);
        await using RunningCommand json = Start(OurPrograms.Ctl, server, "elect", "-l", _name, "-w", "json");
        await HasLineAsync(json, "{\"header\":{\"cluster_id\"");

        Assert.Equal(0, await first.TerminateAsync());
        await HasLineAsync(second, "second");
        await HasLineAsync(observer, "second");

        Assert.Equal(0, await observer.TerminateAsync());
        Assert.DoesNotContain("\"count\"", json.Output.Text, StringComparison.Ordinal);
    }

    private static RunningCommand Start(string program, EtcdServer server, params string[] arguments) =>
        RunningCommand.Start(new Command(program, ["--endpoints", server.Endpoint, .. arguments]));

    private static Task HasLineAsync(RunningCommand command, string start) =>
        command.Output.WaitForAsync(line => line.StartsWith(start, StringComparison.Ordinal), Limit, Cancellation);

    private static Task<CommandOutcome> OursAsync(EtcdServer server, params string[] arguments) =>
        new Command(OurPrograms.Ctl, ["--endpoints", server.Endpoint, .. arguments]).RunAsync(Cancellation);

    private async Task CountKeysAsync(EtcdServer server, int count)
    {
        await using Client.EtcdClient client = new(server.Endpoint);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while ((await client.Kv.GetAsync(Client.KeyRange.Prefix(_name + "/"), cancellationToken: limit.Token)).Kvs.Count != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }
}
