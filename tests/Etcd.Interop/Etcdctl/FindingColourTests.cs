using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>What <c>doctor</c> finds is in colour for a person at a terminal, and plain for a program.</summary>
public sealed class FindingColourTests : IAsyncLifetime
{
    private const string Terminal = "/usr/bin/script"; // runs a command at a terminal of its own
    private const string NoTerminal = "script of util-linux is not installed";

    private readonly TemporaryDirectory _directory = new();
    private EtcdServer _server = null!;

    public static bool IsPossible => File.Exists(Terminal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // .NET itself greets a terminal with a sequence, so a pipe is where no escape at all may be.
    // Nobody listens at the second: one finding is a problem, others are well.
    private string Doctor => $"{OurPrograms.Ctl} --endpoints {_server.Endpoint},127.0.0.1:1 doctor";

    public async ValueTask InitializeAsync() =>
        _server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File("data") }, Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = NoTerminal)]
    public async Task Doctor_AtATerminal_MarksFindingsInColour()
    {
        CommandOutcome outcome = await RunAsync(Terminal, "-qec", Doctor, "/dev/null");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("\u001b[31mPROBLEM\u001b[0m reachability: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\u001b[32mok     \u001b[0m leader: ", outcome.Output, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = NoTerminal)]
    public async Task Doctor_AtATerminalWithNoColor_IsPlain()
    {
        CommandOutcome outcome = await RunAsync(Terminal, "-qec", $"NO_COLOR=1 {Doctor}", "/dev/null");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("PROBLEM reachability: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("ok      leader: ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[3", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[0m", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_InAPipe_HasNoEscapes()
    {
        CommandOutcome outcome = await RunAsync("/bin/sh", "-c", Doctor);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("PROBLEM reachability: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("ok      leader: ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    // A NO_COLOR of whoever runs the tests does not count.
    private static Task<CommandOutcome> RunAsync(string program, params string[] arguments) => new Command(program, arguments)
    {
        Environment = new Dictionary<string, string> { ["NO_COLOR"] = "" },
    }.RunAsync(Cancellation);
}
