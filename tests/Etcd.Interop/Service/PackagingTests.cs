using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Service;

// What an administrator installs: checked by the tools that read it.
public sealed class PackagingTests : IDisposable
{
    private const string SystemdAnalyze = "/usr/bin/systemd-analyze";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Unit_ReadBySystemd_HasNoFault()
    {
        Assert.SkipUnless(File.Exists(SystemdAnalyze), "systemd-analyze is absent");
        string unit = await File.ReadAllTextAsync(Packaged("systemd/etcd.service"), TestContext.Current.CancellationToken);
        string copy = _directory.File("etcd.service");

        // systemd looks whether the program is there; everything else is as it is installed.
        await File.WriteAllTextAsync(
            copy, unit.Replace("ExecStart=/usr/bin/etcd\n", "ExecStart=/bin/true\n", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        CommandOutcome outcome = await new Command(SystemdAnalyze, ["verify", copy]).RunAsync(TestContext.Current.CancellationToken);

        Assert.Contains("ExecStart=/usr/bin/etcd\n", unit, StringComparison.Ordinal);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
    }

    [Fact]
    public async Task Dockerfile_ReadByALinter_HasNoFault()
    {
        string linter = NodeTools.Program("dockerfilelint");
        Assert.SkipUnless(File.Exists(linter), NodeTools.AbsentReason);

        CommandOutcome outcome = await new Command(linter, [Packaged("docker/Dockerfile")]).RunAsync(TestContext.Current.CancellationToken);

        Assert.True(outcome.ExitCode == 0, outcome.Output);
    }

    private static string Packaged(string file) => Path.Combine(SharedMaterial.RepositoryRoot, "packaging", file);
}
