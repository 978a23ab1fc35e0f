using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Offline;

/// <summary>What takes long shows a bar to a person at a terminal, and nothing of it to a program.</summary>
public sealed class ProgressTests : IAsyncLifetime
{
    private const string Terminal = "/usr/bin/script"; // runs a command at a terminal of its own

    private readonly TemporaryDirectory _directory = new();
    private EtcdServer _server = null!;

    public static bool IsPossible => File.Exists(Terminal);

    public static TheoryData<string, string> Works => new()
    {
        { "{ctl} snapshot save {dir}/again.db", "% of" },
        { "{utl} snapshot restore {dir}/snapshot.db --data-dir {dir}/restored", "% restoring" },
        { "{utl} snapshot restore {dir}/snapshot.db --data-dir {dir}/restored --roll-forward {dir}/stopped", "% restoring" },
        { "{utl} defrag --data-dir {dir}/stopped", "% defragmenting" },
        { "{utl} backup --data-dir {dir}/stopped --backup-dir {dir}/backup", "% copying" },
        { "{utl} check --data-dir {dir}/stopped", "% checking" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        EtcdServer stopped = await StartAsync("stopped");
        await using (stopped)
        {
            (await RunAsync(OurPrograms.Ctl, "--endpoints", stopped.Endpoint, "put", "a", new string('v', 100_000))).MustSucceed();
            (await RunAsync(OurPrograms.Ctl, "--endpoints", stopped.Endpoint, "snapshot", "save", _directory.File("snapshot.db"))).MustSucceed();
            await stopped.TerminateAsync();
        }

        // What comes in one piece needs no bar.
        _server = await StartAsync("running");
        (await RunAsync(OurPrograms.Ctl, "--endpoints", _server.Endpoint, "put", "a", new string('v', 100_000))).MustSucceed();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = "script of util-linux is not installed")]
    [MemberData(nameof(Works))]
    public async Task Work_AtATerminal_ShowsABarAndTakesItAway(string command, string shown)
    {
        CommandOutcome outcome = (await RunAsync(Terminal, "-qec", Complete(command), "/dev/null")).MustSucceed();

        Assert.Contains(shown, outcome.Output, StringComparison.Ordinal);
        int last = outcome.Output.LastIndexOf(shown, StringComparison.Ordinal);
        Assert.Contains("\u001b[K", outcome.Output[last..], StringComparison.Ordinal);
        Assert.DoesNotContain(shown + "2", outcome.Output, StringComparison.Ordinal);
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = "script of util-linux is not installed")]
    [MemberData(nameof(Works))]
    public async Task Work_AtATerminalWithJson_ShowsNone(string command, string shown)
    {
        CommandOutcome outcome = (await RunAsync(Terminal, "-qec", $"{Complete(command)} -w json", "/dev/null")).MustSucceed();

        Assert.DoesNotContain(shown, outcome.Output, StringComparison.Ordinal);
        // .NET itself greets a terminal with a sequence; a bar is taken away with this one.
        Assert.DoesNotContain("\u001b[K", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Works))]
    public async Task Work_InAPipe_ShowsNone(string command, string shown)
    {
        CommandOutcome outcome = (await RunAsync("/bin/sh", "-c", Complete(command))).MustSucceed();

        Assert.DoesNotContain(shown, outcome.Output + outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    private string Complete(string command) => command
        .Replace("{ctl}", $"{OurPrograms.Ctl} --endpoints {_server.Endpoint}", StringComparison.Ordinal)
        .Replace("{utl}", OurPrograms.Utl, StringComparison.Ordinal)
        .Replace("{dir}", _directory.Path, StringComparison.Ordinal);

    private static Task<CommandOutcome> RunAsync(string program, params string[] arguments) => new Command(program, arguments).RunAsync(Cancellation);

    private Task<EtcdServer> StartAsync(string name) => EtcdServer.StartAsync(
        new EtcdServerOptions { DataDirectory = _directory.File(name), HasFixedIdentity = true }, Cancellation);
}
