using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Gateway;

/// <summary>Streams of the gateway over HTTP and WebSocket, by a client written by hand in Python.</summary>
public sealed class GatewayClientTests(SharedServers servers)
{
    private static readonly string Script =
        Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Gateway", "websocket_script.py");

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Streams_OverWebSocketAndHttp_Work(ServerKind kind)
    {
        Assert.SkipUnless(File.Exists(PythonClient.Interpreter), "there is no Python");
        EtcdServer server = await servers.GetAsync(kind);

        CommandOutcome outcome = await new Command(PythonClient.Interpreter, [Script, server.Endpoint]).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("watch ok\nkeepalive ok\nrange ok\nsnapshot ok\n", ""), (outcome.Output, outcome.Errors));
    }
}
