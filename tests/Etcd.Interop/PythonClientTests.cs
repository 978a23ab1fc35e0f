using System.Globalization;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>A program that uses the Python client gets from this server what it gets from real etcd. The servers are the class's own:
/// the script compacts and defragments.</summary>
public class PythonClientTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private static readonly string Script =
        Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Python", "client_script.py");

    [Theory(SkipUnless = nameof(PythonClient.IsPresent), SkipType = typeof(PythonClient), Skip = PythonClient.AbsentReason)]
    [MemberData(nameof(Groups))]
    public async Task Script_GroupOfCalls_Passes(string group, ServerKind kind) => await RunAsync(group, await servers.GetAsync(kind));

    [Theory(SkipUnless = nameof(PythonClient.IsPresent), SkipType = typeof(PythonClient), Skip = PythonClient.AbsentReason)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Script_UnderAuthentication_Passes(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await Auth.AuthServer.StartAsync(kind, directory.File("data"));

        await RunAsync("AuthTest", server);
    }

    private static async Task RunAsync(string group, EtcdServer server)
    {
        CommandOutcome outcome = await new Command(PythonClient.Interpreter, [Script, group])
        {
            Limit = TimeSpan.FromMinutes(2),
            Environment = new Dictionary<string, string> { ["ETCD_PORT"] = server.ClientPort.ToString(CultureInfo.InvariantCulture) },
        }.RunAsync(TestContext.Current.CancellationToken);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    public static IEnumerable<TheoryDataRow<string, ServerKind>> Groups() =>
        from subject in Subjects.Both()
        from name in new[] { "KeyValueTest", "TransactionTest", "WatchTest", "LeaseTest", "MaintenanceTest" }
        select new TheoryDataRow<string, ServerKind>(name, subject.Data) { Skip = subject.Skip };
}
