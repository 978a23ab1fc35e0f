using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Auth;

public sealed class WatchAccessTests
{
    private const string Denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
    private const string Nobody = "rpc error: code = InvalidArgument desc = etcdserver: user name is empty";

    private static readonly RpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate =
        new("etcdserverpb.Auth", "Authenticate", AuthenticateResponse.Parser);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_WithoutPermission_IsRefusedOnItsStreamInEtcdsWords(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await AuthServer.StartAsync(kind, directory.File("data"));

        Assert.Equal((-1, true, true, Denied), await CreateAsync(server, "alice", "b", ""));
        Assert.Equal((-1, true, true, Denied), await CreateAsync(server, "alice", "a", "c"));
        Assert.Equal((-1, true, true, Nobody), await CreateAsync(server, null, "a", ""));
        Assert.Equal((0, true, false, ""), await CreateAsync(server, "alice", "a", "b"));
        Assert.Equal((0, true, false, ""), await CreateAsync(server, "root", "\0", "\0"));
    }

    // Real etcd 3.5.30 lets this through.
    [Fact]
    public async Task GhsaXg4h6gfch4m8_OpenEndedWatch_NeedsMoreThanItsFirstKey()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await AuthServer.StartAsync(ServerKind.Ours, directory.File("data"));

        Assert.Equal((-1, true, true, Denied), await CreateAsync(server, "alice", "a", "\0"));
    }

    // etcd looks at creation only; here a watcher ends with the permission, before it sees what came after.
    [Fact]
    public async Task Watch_PermissionIsTakenAway_EndsBeforeTheNextEvent()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await AuthServer.StartAsync(ServerKind.Ours, directory.File("data"));
        await using Client.EtcdClient root = AuthServer.Client(server, "root", "rootpw");
        await using RpcChannel channel = new(RpcAddress.Parse(server.Endpoint));
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await OpenAsync(channel, "alice");
        await watch.WriteAsync(Create("a", "b"), CancellationToken);
        Assert.True((await ReadAsync(watch)).Created);
        await root.Kv.PutAsync("a1", "seen", cancellationToken: CancellationToken);
        Assert.Equal("a1", Assert.Single((await ReadAsync(watch)).Events).Kv.Key.ToStringUtf8());

        await root.Auth.RevokeRoleAsync("alice", "a", CancellationToken);
        await root.Kv.PutAsync("a2", "hidden", cancellationToken: CancellationToken);

        WatchResponse end = await ReadAsync(watch);
        Assert.True(end.Canceled);
        Assert.Equal(Denied, end.CancelReason);
        Assert.Empty(end.Events);
    }

    [Fact]
    public async Task Watch_AuthenticationIsTurnedOn_EndsForNobody()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await AuthServer.StartAsync(ServerKind.Ours, directory.File("data"));
        await using Client.EtcdClient root = AuthServer.Client(server, "root", "rootpw");
        await root.Auth.DisableAsync(CancellationToken);
        await using RpcChannel channel = new(RpcAddress.Parse(server.Endpoint));
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await OpenAsync(channel, user: null);
        await watch.WriteAsync(Create("a", ""), CancellationToken);
        Assert.True((await ReadAsync(watch)).Created);

        await root.Auth.EnableAsync(CancellationToken);
        await root.Kv.PutAsync("a", "hidden", cancellationToken: CancellationToken);

        WatchResponse end = await ReadAsync(watch);
        Assert.True(end.Canceled);
        Assert.Equal(Nobody, end.CancelReason);
    }

    private static async Task<(long Id, bool Created, bool Canceled, string Reason)> CreateAsync(
        EtcdServer server, string? user, string key, string rangeEnd)
    {
        await using RpcChannel channel = new(RpcAddress.Parse(server.Endpoint));
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await OpenAsync(channel, user);
        await watch.WriteAsync(Create(key, rangeEnd), CancellationToken);
        WatchResponse reply = await ReadAsync(watch);
        return (reply.WatchId, reply.Created, reply.Canceled, reply.CancelReason);
    }

    private static async Task<RpcStreamCall<WatchRequest, WatchResponse>> OpenAsync(RpcChannel channel, string? user)
    {
        var metadata = new RpcMetadata();
        if (user is not null)
        {
            AuthenticateResponse login = await channel.UnaryAsync(
                Authenticate, new AuthenticateRequest { Name = user, Password = user + "pw" }, new RpcCallOptions(), CancellationToken);
            metadata.Add("token", login.Token);
        }

        return await channel.StreamAsync(EtcdMethods.Watch, new RpcCallOptions { Metadata = metadata, Timeout = TimeSpan.FromSeconds(30) }, CancellationToken);
    }

    private static async Task<WatchResponse> ReadAsync(RpcStreamCall<WatchRequest, WatchResponse> watch) =>
        await watch.MoveNextAsync(CancellationToken) ? watch.Current : throw new EndOfStreamException("the watch stream ended");

    private static WatchRequest Create(string key, string rangeEnd) => new()
    {
        CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(rangeEnd) },
    };
}
