using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>The v2 commands of <c>etcdctl</c>: the real 3.4 against this server, and this repository's beside it.</summary>
public sealed class V2CtlTests
{
    private const string Commands = "commands.ctl";
    private const string Users = "auth.ctl";

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Commands_OfTheRealProgram_PrintTheSameAgainstOurServer() => CompareAsync(Commands, RealEtcd.Ctl("3.4"));

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Commands_OfOurProgram_PrintWhatTheRealOnePrints() => CompareAsync(Commands, OurPrograms.Ctl);

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task UsersAndRoles_OfTheRealProgram_PrintTheSameAgainstOurServer() => CompareAsync(Users, RealEtcd.Ctl("3.4"));

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task UsersAndRoles_OfOurProgram_PrintWhatTheRealOnePrints() => CompareAsync(Users, OurPrograms.Ctl);

    // From etcd's older guides: commands that only the v2 API has need no variable.
    [Fact]
    public async Task Guide_WithoutTheVariable_CommandsOfV2Alone()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);

        Assert.Equal("Hello\n", await CtlAsync(server, "", "set", "/message", "Hello"));
        Assert.Equal("Hello\n", await CtlAsync(server, "2", "get", "/message"));
        Assert.Equal("/message\n", await CtlAsync(server, "", "ls"));
        Assert.Equal("PrevNode.Value: Hello\n", await CtlAsync(server, "", "rm", "/message"));

        // The same word without the variable is the v3 command, which has keys of its own.
        Assert.Equal("", await CtlAsync(server, "", "get", "/message"));
    }

    [Fact]
    public async Task ExecWatch_EachChange_RunsTheProgram()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);
        await CtlAsync(server, "2", "set", "/w/a", "1");
        await CtlAsync(server, "2", "set", "/w/a", "2");
        var command = new Command(
            OurPrograms.Ctl,
            ["--endpoints", server.Address.ToString(), "exec-watch", "--recursive", "--after-index", "1", "/w", "--",
                "sh", "-c", "echo $ETCD_WATCH_ACTION $ETCD_WATCH_KEY $ETCD_WATCH_VALUE $ETCD_WATCH_MODIFIED_INDEX"]);
        await using var running = RunningCommand.Start(command);
        int seen = 0;

        await running.Output.WaitForAsync(_ => ++seen == 2, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(["set /w/a 1 4", "set /w/a 2 5"], running.Output.Lines);
        await running.KillAsync();
    }

    // All pages but the number of the release.
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Help_OfEachCommand_IsThatOfTheRealProgram()
    {
        string[] commands =
        [
            "", "ls", "get", "set", "mk", "mkdir", "setdir", "update", "updatedir", "rm", "rmdir", "watch", "exec-watch", "backup", "cluster-health",
            "member", "member list", "member add", "member remove", "member update", "auth", "auth enable", "auth disable",
            "user", "user add", "user get", "user list", "user remove", "user grant", "user revoke", "user passwd",
            "role", "role add", "role get", "role list", "role remove", "role grant", "role revoke",
        ];
        string[] pages =
        [
            .. commands.SelectMany(command => new[] { $"{command} --help", $"help {command}" }),
            "member help", "user help", "role help", "auth help", "role help grant",
        ];

        foreach (string page in pages)
        {
            Assert.Equal($"{page}\n{await HelpAsync(RealEtcd.Ctl("3.4"), page)}", $"{page}\n{await HelpAsync(OurPrograms.Ctl, page)}");
        }
    }

    private static async Task<string> HelpAsync(string program, string page)
    {
        CommandOutcome outcome = await new Command(program, page.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "2" },
        }.RunAsync(TestContext.Current.CancellationToken);
        return $"{outcome.ExitCode}\n{string.Join('\n', outcome.Output.Split('\n').Select(line => line.StartsWith("   3.", StringComparison.Ordinal) ? "   release" : line))}{outcome.Errors}";
    }

    private static async Task CompareAsync(string script, string program)
    {
        string path = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "V2", script);
        await using V2Pair pair = await V2Pair.StartAsync(TestContext.Current.CancellationToken);
        var differences = new List<string>();
        foreach (string call in V2Script.Calls(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)))
        {
            (string ours, string real) = await pair.RunAsync(V2Script.ForShell(call), program);
            if (ours != real)
            {
                differences.Add($"=== etcdctl {call}\n--- real\n{real}\n--- ours\n{ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static async Task<string> CtlAsync(EtcdServer server, string apiVersion, params string[] arguments)
    {
        CommandOutcome outcome = await new Command(OurPrograms.Ctl, ["--endpoints", server.Address.ToString().TrimEnd('/'), .. arguments])
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = apiVersion },
        }.RunAsync(TestContext.Current.CancellationToken);
        return outcome.MustSucceed().Output;
    }
}
