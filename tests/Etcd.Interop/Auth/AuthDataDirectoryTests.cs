using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Auth;

/// <summary>Data directories with authentication on go back and forth between this server and real etcd.</summary>
public sealed class AuthDataDirectoryTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, false)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, true)]
    [InlineData(ServerKind.Real35, ServerKind.Ours, false)]
    [InlineData(ServerKind.Real35, ServerKind.Ours, true)]
    [InlineData(ServerKind.Real34, ServerKind.Ours, false)]
    [InlineData(ServerKind.Real34, ServerKind.Ours, true)]
    public async Task DataDirectory_TakenOverByAnotherEtcd_AsksForTheSameUsers(ServerKind writer, ServerKind reader, bool killed)
    {
        using var directory = new TemporaryDirectory();
        await using (EtcdServer first = await AuthServer.StartAsync(writer, directory.File("data")))
        {
            await UseAsync(first, "1");
            await (killed ? first.KillAsync() : first.TerminateAsync());
        }

        await using EtcdServer second = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = reader, DataDirectory = directory.File("data"), HasFixedIdentity = true }, CancellationToken);

        await UseAsync(second, "2");
        await using EtcdClient root = AuthServer.Client(second, "root", "rootpw");
        Assert.Equal(["alice", "root"], (await root.Auth.UsersAsync(CancellationToken)).Users);
        Assert.Equal(["a"], (await root.Auth.UserAsync("alice", CancellationToken)).Roles);
        if (reader != ServerKind.Real34)
        {
            AuthStatusResponse status = await root.Auth.StatusAsync(CancellationToken);
            Assert.True(status.Enabled);
            Assert.Equal(8UL, status.AuthRevision);
        }
    }

    // The fixture was written by real etcd 3.5 with authentication on; its users log in with the passwords its notes give.
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Fixture_WithAuthenticationOn_IsServedToItsUsersOnly()
    {
        using var fixture = new DataDirectoryFixture("v35-full");
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = ServerKind.Ours, DataDirectory = fixture.DataDirectory }, CancellationToken);
        await using EtcdClient nobody = AuthServer.Client(server);
        await using EtcdClient root = AuthServer.Client(server, "root", "rootpw");
        await using EtcdClient alice = AuthServer.Client(server, "alice", "pw2");

        Assert.Equal("etcdserver: user name is empty", (await Assert.ThrowsAsync<RpcException>(() => nobody.Kv.GetAsync("app/", cancellationToken: CancellationToken))).Message);
        Assert.Equal(16UL, (await root.Auth.StatusAsync(CancellationToken)).AuthRevision);
        await alice.Kv.GetAsync(KeyRange.Prefix("app/"), cancellationToken: CancellationToken);
        Assert.Equal("etcdserver: permission denied", (await Assert.ThrowsAsync<RpcException>(() => alice.Kv.GetAsync("Z", cancellationToken: CancellationToken))).Message);
    }

    private static async Task UseAsync(EtcdServer server, string value)
    {
        await using EtcdClient alice = AuthServer.Client(server, "alice", "alicepw");
        await using EtcdClient nobody = AuthServer.Client(server);
        await alice.Kv.PutAsync("a", value, cancellationToken: CancellationToken);
        Assert.Equal(value, (await alice.Kv.GetAsync("a", cancellationToken: CancellationToken)).Kvs[0].Value.ToStringUtf8());
        RpcException denied = await Assert.ThrowsAsync<RpcException>(() => alice.Kv.PutAsync("b", value, cancellationToken: CancellationToken));
        Assert.Equal("etcdserver: permission denied", denied.Message);
        RpcException empty = await Assert.ThrowsAsync<RpcException>(() => nobody.Kv.PutAsync("a", value, cancellationToken: CancellationToken));
        Assert.Equal("etcdserver: user name is empty", empty.Message);
    }
}
