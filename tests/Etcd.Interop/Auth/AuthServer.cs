using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Auth;

/// <summary>Servers with users: root (<c>rootpw</c>), and alice (<c>alicepw</c>) who reads and writes what begins with <c>a</c>. Authentication is on.</summary>
internal static class AuthServer
{
    private static readonly RpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate =
        new("etcdserverpb.Auth", "Authenticate", AuthenticateResponse.Parser);

    public static async Task<EtcdServer> StartAsync(ServerKind kind, string dataDirectory, params string[] flags)
    {
        EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = dataDirectory, HasFixedIdentity = true, Flags = flags },
            TestContext.Current.CancellationToken);
        await using EtcdClient client = Client(server);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await client.Auth.AddUserAsync("root", "rootpw", cancellationToken);
        await client.Auth.AddUserAsync("alice", "alicepw", cancellationToken);
        await client.Auth.AddRoleAsync("root", cancellationToken);
        await client.Auth.AddRoleAsync("a", cancellationToken);
        await client.Auth.GrantPermissionAsync(
            "a",
            new Permission
            {
                PermType = Permission.Types.Type.Readwrite,
                Key = ByteString.CopyFromUtf8("a"),
                RangeEnd = ByteString.CopyFromUtf8("b"),
            },
            cancellationToken);
        await client.Auth.GrantRoleAsync("root", "root", cancellationToken);
        await client.Auth.GrantRoleAsync("alice", "a", cancellationToken);
        await client.Auth.EnableAsync(cancellationToken);
        return server;
    }

    /// <summary>Options of calls that a user makes.</summary>
    public static async Task<RpcCallOptions> LogInAsync(RpcChannel channel, string user, string password)
    {
        AuthenticateResponse login = await channel.UnaryAsync(
            Authenticate, new AuthenticateRequest { Name = user, Password = password }, new RpcCallOptions(), TestContext.Current.CancellationToken);
        var metadata = new RpcMetadata();
        metadata.Add("token", login.Token);
        return new RpcCallOptions { Metadata = metadata, Timeout = TimeSpan.FromSeconds(30) };
    }

    public static EtcdClient Client(EtcdServer server, string? user = null, string? password = null) =>
        new(new EtcdClientOptions { Endpoints = [server.Endpoint], User = user, Password = password, CallTimeout = TimeSpan.FromSeconds(30) });
}
