using Etcd.Auth;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Pumps;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Access;

/// <summary>A whole member with user root (password <c>rootpw</c>), and alice (<c>alicepw</c>) who may read and write keys that begin with <c>a</c>.</summary>
internal sealed class AuthMember : IAsyncDisposable
{
    private AuthMember(TestMember member) => Member = member;

    public TestMember Member { get; }

    public EtcdServer Server => Member.Server;

    public static ServerOptions Options { get; } = TestMember.Options with { BcryptCost = Bcrypt.CostMin };

    public static async Task<AuthMember> StartAsync(
        SimulatedFileSystem? disk = null, ServerOptions? options = null, TimeProvider? time = null, bool enabled = true, Execution? execution = null)
    {
        var member = new AuthMember(await TestMember.StartAsync(disk ?? new SimulatedFileSystem(), options ?? Options, time, execution));
        if (enabled)
        {
            await SetUpAsync(member.Server);
        }

        return member;
    }

    public async Task<Caller> LogInAsync(string name, string password) =>
        await Server.Access.RecogniseAsync(await TokenAsync(name, password), certificateUser: null, CancellationToken.None);

    public async Task<string> TokenAsync(string name, string password, string source = "test") =>
        (await Server.Auth.AuthenticateAsync(new AuthenticateRequest { Name = name, Password = password }, source, CancellationToken.None)).Token;

    /// <summary>The caller behind a token, as a face finds it for each call.</summary>
    public async Task<Caller> CallerAsync(string token) => await Server.Access.RecogniseAsync(token, null, CancellationToken.None);

    public ValueTask<AuthUserAddResponse> AddUserAsync(string name, string password, Caller caller = default) =>
        AddUserAsync(Server, name, password, caller);

    private static ValueTask<AuthUserAddResponse> AddUserAsync(EtcdServer server, string name, string password, Caller caller) =>
        server.Auth.AddUserAsync(new AuthUserAddRequest { Name = name, Password = password }, caller, CancellationToken.None);

    public async Task PutAsync(string key, string value, Caller caller) =>
        await Server.KeyValues.PutAsync(
            new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) }, caller);

    public async Task<string?> GetAsync(string key, Caller caller)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key) };
        using Mvcc.RangeReply reply = Server.KeyValues.TryRange(request, caller, out Mvcc.RangeReply? ready)
            ? ready
            : await Server.KeyValues.ConfirmedRangeAsync(request, caller, CancellationToken.None);
        RangeResponse message = reply.ToMessage();
        return message.Kvs.Count == 0 ? null : message.Kvs[0].Value.ToStringUtf8();
    }

    public static async Task<EtcdErrorCode> RefusedAsync(Func<Task> action) => (await Assert.ThrowsAsync<EtcdException>(action)).Code;

    public ValueTask DisposeAsync() => Member.DisposeAsync();

    /// <summary>Makes the users and turns authentication on, by way of one member.</summary>
    public static async Task SetUpAsync(EtcdServer server)
    {
        await AddUserAsync(server, "root", "rootpw", Caller.Anonymous);
        await AddUserAsync(server, "alice", "alicepw", Caller.Anonymous);
        await server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = "root" }, Caller.Anonymous);
        await server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = "a" }, Caller.Anonymous);
        var permission = new Permission
        {
            PermType = Permission.Types.Type.Readwrite,
            Key = ByteString.CopyFromUtf8("a"),
            RangeEnd = ByteString.CopyFromUtf8("b"),
        };
        await server.Auth.GrantPermissionAsync(new AuthRoleGrantPermissionRequest { Name = "a", Perm = permission }, Caller.Anonymous);
        await server.Auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, Caller.Anonymous);
        await server.Auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "alice", Role = "a" }, Caller.Anonymous);
        await server.Auth.EnableAsync(new AuthEnableRequest(), Caller.Anonymous);
    }
}
