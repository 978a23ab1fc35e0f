using Etcd.Client;
using Etcd.Protocol.Auth;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Auth;

/// <summary>Servers with users: root (<c>rootpw</c>), and alice (<c>alicepw</c>) who reads and writes what begins with <c>a</c>. Authentication is on.</summary>
internal static class AuthServer
{
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

    public static EtcdClient Client(EtcdServer server, string? user = null, string? password = null) =>
        new(new EtcdClientOptions { Endpoints = [server.Endpoint], User = user, Password = password, CallTimeout = TimeSpan.FromSeconds(30) });
}
