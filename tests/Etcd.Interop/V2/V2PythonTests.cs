using System.Globalization;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>A program that uses Debian's <c>python3-etcd</c>, a client of the v2 API, gets from this server what it gets from real etcd.</summary>
public sealed class V2PythonTests
{
    private static readonly string Script =
        Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Python", "v2_client_script.py");

    [Theory(SkipUnless = nameof(V2PythonClient.IsPresent), SkipType = typeof(V2PythonClient), Skip = V2PythonClient.AbsentReason)]
    [MemberData(nameof(Servers))]
    public async Task Script_AllGroupsOfCalls_Pass(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(kind, directory, TestContext.Current.CancellationToken);

        CommandOutcome outcome = await new Command(PythonClient.Interpreter, [Script])
        {
            Limit = TimeSpan.FromMinutes(2),
            Environment = new Dictionary<string, string> { ["ETCD_PORT"] = server.ClientPort.ToString(CultureInfo.InvariantCulture) },
        }.RunAsync(TestContext.Current.CancellationToken);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    public static IEnumerable<TheoryDataRow<ServerKind>> Servers()
    {
        yield return new TheoryDataRow<ServerKind>(ServerKind.Ours);
        yield return new TheoryDataRow<ServerKind>(ServerKind.Real34) { Skip = RealEtcd.IsPresent ? null : RealEtcd.AbsentReason };
    }
}
