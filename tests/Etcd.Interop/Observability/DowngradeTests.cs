using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Action = Etcd.Protocol.Rpc.DowngradeRequest.Types.DowngradeAction;

namespace Etcd.Interop.Observability;

/// <summary>Maintenance/Downgrade as at level 3.5. Real 3.5.30 carries out ENABLE and CANCEL and then lets the caller time out; here it answers.</summary>
public sealed class DowngradeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Downgrade_EachAction_IsCheckedAsRealEtcdDoes(ServerKind kind)
    {
        EtcdServerOptions options = new() { Kind = kind, DataDirectory = _directory.File("data") };
        await using (EtcdServer server = await EtcdServer.StartAsync(options, TestContext.Current.CancellationToken))
        {
            await using var connection = new EtcdConnection(server);
            Assert.Equal("3.5.0", await AskAsync(connection, Action.Validate, "3.4.0"));
            Assert.Equal("3.5.0", await AskAsync(connection, Action.Validate, "3.4"));
            Assert.Equal("InvalidArgument etcdserver: invalid downgrade target version", await AskAsync(connection, Action.Validate, "3.5.0"));
            Assert.Equal("InvalidArgument etcdserver: invalid downgrade target version", await AskAsync(connection, Action.Enable, "3.3.0"));
            Assert.Equal("InvalidArgument etcdserver: wrong downgrade target version format", await AskAsync(connection, Action.Validate, "x"));
            Assert.Equal("FailedPrecondition etcdserver: no inflight downgrade job", await AskAsync(connection, Action.Cancel, ""));
            Assert.Equal("Unknown etcdserver: unknown method", await AskAsync(connection, (Action)7, "3.4.0"));
            Assert.Equal("false", await EnabledAsync(server));

            string enabled = await AskAsync(connection, Action.Enable, "3.4.0");
            Assert.Equal(kind == ServerKind.Ours ? "3.5.0" : "Unavailable etcdserver: request timed out", enabled);
            Assert.Equal("true", await EnabledAsync(server));
            Assert.Equal("FailedPrecondition etcdserver: cluster has a downgrade job in progress", await AskAsync(connection, Action.Enable, "3.4.0"));
            Assert.Equal("FailedPrecondition etcdserver: cluster has a downgrade job in progress", await AskAsync(connection, Action.Validate, "3.4.0"));
            Assert.Equal(0, await server.TerminateAsync() % 143);
        }

        if (kind != ServerKind.Ours)
        {
            // With a downgrade enabled real etcd 3.5 does not start any more, not even as the version it was.
            return;
        }

        await using (EtcdServer again = await EtcdServer.StartAsync(options, TestContext.Current.CancellationToken))
        {
            await using var connection = new EtcdConnection(again);
            Assert.Equal("true", await EnabledAsync(again));
            await AskAsync(connection, Action.Cancel, "");
            Assert.Equal("false", await EnabledAsync(again));
        }
    }

    private static async Task<string> AskAsync(EtcdConnection connection, Action action, string version)
    {
        try
        {
            DowngradeResponse reply = await connection.CallAsync(EtcdMethods.Downgrade, new DowngradeRequest { Action = action, Version = version });
            return reply.Version;
        }
        catch (RpcException refusal)
        {
            return $"{refusal.Code} {refusal.Message}";
        }
    }

    private static async Task<string> EnabledAsync(EtcdServer server)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(
            new Uri($"http://127.0.0.1:{server.Options.PeerPort}/downgrade/enabled"), TestContext.Current.CancellationToken);
    }
}
