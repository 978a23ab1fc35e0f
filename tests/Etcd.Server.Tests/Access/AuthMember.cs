using Etcd.Auth;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
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
        SimulatedFileSystem? disk = null, ServerOptions? options = null, TimeProvider? time = null, bool enabled = true)
    {
        var member = new AuthMember(await TestMember.StartAsync(disk ?? new SimulatedFileSystem(), options ?? Options, time));
        if (enabled)
        {
            await member.SetUpAsync();
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
        Server.Auth.AddUserAsync(new AuthUserAddRequest { Name = name, Password = password }, caller, CancellationToken.None);

    public async Task GrantAsync(string role, string key, string rangeEnd, Caller caller = default) =>
        await Server.Auth.GrantPermissionAsync(
            new AuthRoleGrantPermissionRequest
            {
                Name = role,
                Perm = new Permission
                {
                    PermType = Permission.Types.Type.Readwrite,
                    Key = ByteString.CopyFromUtf8(key),
                    RangeEnd = ByteString.CopyFromUtf8(rangeEnd),
                },
            },
            caller);

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

    private async Task SetUpAsync()
    {
        await AddUserAsync("root", "rootpw");
        await AddUserAsync("alice", "alicepw");
        await Server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = "root" }, default);
        await Server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = "a" }, default);
        await GrantAsync("a", "a", "b");
        await Server.Auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, default);
        await Server.Auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "alice", Role = "a" }, default);
        await Server.Auth.EnableAsync(new AuthEnableRequest(), default);
    }
}
