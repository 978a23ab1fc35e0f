using System.Text;
using System.Text.RegularExpressions;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Tables, whose columns depend on the width of IDs: both programs ask the same server, and only the raft indexes
/// and times, which move on by themselves, are made equal.</summary>
public partial class EtcdctlTableTests
{
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public async Task Tables_OfTheSameServer_EqualTheRealOnes(ServerKind kind)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = directory.File("data") }, cancellationToken);
        string two = $"{server.Endpoint},{server.Address}";
        string[][] calls =
        [
            ["member", "list", "-w", "table", "--endpoints", server.Endpoint],
            ["endpoint", "hashkv", "-w", "table", "--endpoints", two],
            ["endpoint", "status", "-w", "table", "--endpoints", two],
            ["endpoint", "status", "-w", "fields", "--endpoints", two],
            ["endpoint", "status", "-w", "json", "--endpoints", two],
            ["endpoint", "status", "-w", "simple", "--endpoints", two],
            ["endpoint", "status", "--cluster", "-w", "json", "--endpoints", server.Endpoint],
        ];
        List<string> real = [];
        List<string> ours = [];
        foreach (string[] call in calls)
        {
            real.Add(await RunAsync(RealEtcd.Ctl("3.5"), call, cancellationToken));
            ours.Add(await RunAsync(OurPrograms.Ctl, call, cancellationToken));
        }

        EtcdctlComparison.AssertEqual(real, ours);
    }

    [GeneratedRegex("(?<=raft(Applied)?Index\":)[0-9]+|(?<=Raft(Applied)?Index\" : )[0-9]+|(?<= )[0-9]+(?= │ +[0-9]* │? *[0-9]*)")]
    private static partial Regex Index();

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        Command command = new(program, arguments) { OutputEncoding = Encoding.UTF8 };
        CommandOutcome outcome = await command.RunAsync(cancellationToken);
        return Index().Replace($"$ {string.Join(' ', arguments)}\n{outcome.ExitCode}\n{outcome.Output}\n{outcome.Errors}", "N");
    }
}
