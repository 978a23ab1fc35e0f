using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Node;

/// <summary>Keys, watches, leases, locks, elections and users by a Node client.</summary>
public sealed class NodeClientTests
{
    private static readonly string Script = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Node", "client_script.js");

    [Theory(SkipUnless = nameof(NodeClient.IsPresent), SkipType = typeof(NodeClient), Skip = NodeClient.AbsentReason)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Flows_OfTheClient_AllPass(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = directory.File("data") }, TestContext.Current.CancellationToken);

        CommandOutcome outcome = await new Command(NodeClient.Interpreter, [Script, server.Endpoint]) { Environment = NodeClient.Variables }
            .RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("all passed\n", ""), (outcome.Output, outcome.Errors));
    }
}
