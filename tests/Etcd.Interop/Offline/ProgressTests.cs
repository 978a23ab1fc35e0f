using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Offline;

/// <summary>What takes long shows a bar to a person at a terminal, and nothing of it to a program.</summary>
public sealed class ProgressTests(ProgressMaterial material) : IClassFixture<ProgressMaterial>, IDisposable
{
    private const string Terminal = "/usr/bin/script"; // runs a command at a terminal of its own

    private readonly TemporaryDirectory _results = new();

    public static bool IsPossible => File.Exists(Terminal);

    public static TheoryData<string, string> Works => new()
    {
        { "{ctl} snapshot save {new}/again.db", "% of" },
        { "{utl} snapshot restore {snapshot} --data-dir {new}/restored", "% restoring" },
        { "{utl} snapshot restore {snapshot} --data-dir {new}/restored --roll-forward {stopped}", "% restoring" },
        { "{utl} defrag --data-dir {stopped}", "% defragmenting" },
        { "{utl} backup --data-dir {stopped} --backup-dir {new}/backup", "% copying" },
        { "{utl} check --data-dir {stopped}", "% checking" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _results.Dispose();

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

    private static Task<CommandOutcome> RunAsync(string program, params string[] arguments) => new Command(program, arguments).RunAsync(Cancellation);

    private string Complete(string command) => command
        .Replace("{ctl}", $"{OurPrograms.Ctl} --endpoints {material.Endpoint}", StringComparison.Ordinal)
        .Replace("{utl}", OurPrograms.Utl, StringComparison.Ordinal)
        .Replace("{stopped}", material.Stopped, StringComparison.Ordinal)
        .Replace("{snapshot}", material.Snapshot, StringComparison.Ordinal)
        .Replace("{new}", _results.Path, StringComparison.Ordinal);
}
