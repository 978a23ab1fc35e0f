using Etcd.Client;
using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Etcd.Interop.Auth;

/// <summary>Who may do what on the client port.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const int PermissionDenied = 7;
    private const int Unimplemented = 12;
    private const int InvalidArgument = 3;
    private const int Unauthenticated = 16;

    // A watch refuses on its stream, the renewal of a lease with its first message; they have tests of their own.
    private static readonly string[] Open = ["Authenticate", "Watch", "LeaseKeepAlive"];

    private readonly TemporaryDirectory _directory = new();
    private EtcdServer _server = null!;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await AuthServer.StartAsync(ServerKind.Ours, _directory.File("data"));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    // CVE-2026-33413: whatever is added to the protocol is closed until somebody opens it.
    [Fact]
    public async Task Cve2026_33413_EveryMethodWithoutALogin_IsRefused()
    {
        var answers = new List<string>();
        IEnumerable<MethodDescriptor> closed = RpcReflection.Descriptor.Services
            .SelectMany(service => service.Methods)
            .Where(method => !Open.Contains(method.Name));
        foreach (MethodDescriptor method in closed)
        {
            RawGrpcReply reply = await RawGrpc.PostAsync(_server, $"/{method.Service.FullName}/{method.Name}", RawGrpc.Frame(Request(method)));
            if ((reply.GrpcStatus, reply.GrpcMessage) != (InvalidArgument, "etcdserver: user name is empty")
                && reply.GrpcStatus != Unimplemented)
            {
                answers.Add($"{method.Name}: {reply.GrpcStatus} {reply.GrpcMessage}");
            }
        }

        Assert.Empty(answers);
    }

    [Fact]
    public async Task EveryMethodWithAForgedToken_IsRefused()
    {
        foreach (string token in (string[])["x", "aaaaaaaaaaaaaaaa.1", "aaaaaaaaaaaaaaaa.18446744073709551615", "eyJhbGciOiJub25lIn0.e30."])
        {
            foreach (MethodDescriptor method in RpcReflection.Descriptor.Services.SelectMany(service => service.Methods))
            {
                if (Open.Contains(method.Name))
                {
                    continue;
                }

                RawGrpcReply reply = await RawGrpc.PostAsync(
                    _server, $"/{method.Service.FullName}/{method.Name}", RawGrpc.Frame(Request(method)), ("token", token));

                Assert.True(reply.GrpcStatus is Unauthenticated or Unimplemented, $"{method.Name}: {reply.GrpcStatus} {reply.GrpcMessage}");
            }
        }
    }

    [Fact]
    public async Task MaintenanceAndManagement_OrdinaryUser_IsDenied()
    {
        await using EtcdClient alice = AuthServer.Client(_server, "alice", "alicepw");
        Func<Task>[] calls =
        [
            () => alice.Maintenance.StatusAsync(cancellationToken: CancellationToken),
            () => alice.Maintenance.HashKvAsync(cancellationToken: CancellationToken),
            () => alice.Maintenance.DisarmAsync(new AlarmMember(), CancellationToken),
            () => alice.Kv.CompactAsync(1, cancellationToken: CancellationToken),
            () => alice.Auth.UsersAsync(CancellationToken),
            () => alice.Auth.StatusAsync(CancellationToken),
            () => alice.Auth.DisableAsync(CancellationToken),
            () => alice.Auth.ChangePasswordAsync("alice", "other", CancellationToken),
        ];
        foreach (Func<Task> call in calls)
        {
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal((RpcStatusCode.PermissionDenied, "etcdserver: permission denied"), (refusal.Code, refusal.Message));
        }

        await alice.Cluster.MembersAsync(cancellationToken: CancellationToken);
        await alice.Maintenance.AlarmsAsync(CancellationToken);
    }

    // Lease and keys of others: renewed, listed and looked at only by who may touch the keys.
    [Fact]
    public async Task Cve2023_32082_LeaseWithKeysOfOthers_ShowsNothing()
    {
        await using EtcdClient root = AuthServer.Client(_server, "root", "rootpw");
        await using EtcdClient alice = AuthServer.Client(_server, "alice", "alicepw");
        LeaseGrantResponse lease = await root.Leases.GrantAsync(600, cancellationToken: CancellationToken);
        await alice.Leases.KeepAliveOnceAsync(lease.ID, CancellationToken);
        await root.Kv.PutAsync("secret", "v", new PutOptions { Lease = lease.ID }, CancellationToken);

        await AssertDeniedAsync(() => alice.Leases.TimeToLiveAsync(lease.ID, withKeys: true, CancellationToken));
        await AssertDeniedAsync(() => alice.Leases.ListAsync(CancellationToken));
        await AssertDeniedAsync(() => alice.Leases.KeepAliveOnceAsync(lease.ID, CancellationToken));
        await AssertDeniedAsync(() => alice.Leases.RevokeAsync(lease.ID, CancellationToken));
        await AssertDeniedAsync(() => alice.Kv.PutAsync("a", "v", new PutOptions { Lease = lease.ID }, CancellationToken));
        Assert.Empty((await alice.Leases.TimeToLiveAsync(lease.ID, withKeys: false, CancellationToken)).Keys);
    }

    // Wrong passwords again and again: the source must wait, others log in.
    [Fact]
    public async Task LogIn_ManyWrongPasswords_IsLimited()
    {
        byte[] guess = new AuthenticateRequest { Name = "alice", Password = "guess" }.ToByteArray();
        var seen = new HashSet<string>();
        for (int attempt = 0; attempt < 60 && !seen.Contains("etcdserver: too many requests"); attempt++)
        {
            seen.Add((await RawGrpc.PostAsync(_server, "/etcdserverpb.Auth/Authenticate", RawGrpc.Frame(guess))).GrpcMessage);
        }

        Assert.Equal(
            ["etcdserver: authentication failed, invalid user ID or password", "etcdserver: too many requests"], seen.Order(StringComparer.Ordinal));
    }

    // Under authentication the v2 API is for root alone.
    [Theory]
    [InlineData(null, 401)]
    [InlineData("alice:alicepw", 401)]
    [InlineData("root:wrong", 401)]
    [InlineData("root:rootpw", 200)]
    public async Task V2_NeedsTheCredentialsOfRoot(string? credentials, int expected)
    {
        using var http = new HttpClient { BaseAddress = _server.Address };
        foreach (string path in (string[])["/v2/keys", "/v2/members", "/v2/stats/self", "/v2/machines"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (credentials is not null)
            {
                request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(credentials)));
            }

            using HttpResponseMessage reply = await http.SendAsync(request, CancellationToken);

            Assert.Equal(expected, (int)reply.StatusCode);
            if (expected == 401)
            {
                Assert.Contains("\"errorCode\":110", await reply.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Health_UnderAuthentication_IsStillTold()
    {
        using var http = new HttpClient { BaseAddress = _server.Address };

        Assert.Contains("\"health\":\"true\"", await http.GetStringAsync("/health", CancellationToken), StringComparison.Ordinal);
    }

    private static async Task AssertDeniedAsync(Func<Task> call)
    {
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((RpcStatusCode)PermissionDenied, refusal.Code);
    }

    // Enough that no check of the request's form comes before the question who asks.
    private static byte[] Request(MethodDescriptor method) => method.InputType.ClrType.Name switch
    {
        nameof(RangeRequest) => new RangeRequest { Key = ByteString.CopyFromUtf8("a") }.ToByteArray(),
        nameof(PutRequest) => new PutRequest { Key = ByteString.CopyFromUtf8("a") }.ToByteArray(),
        nameof(DeleteRangeRequest) => new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("a") }.ToByteArray(),
        nameof(MemberAddRequest) => new MemberAddRequest { PeerURLs = { "http://127.0.0.1:1" } }.ToByteArray(),
        nameof(MemberUpdateRequest) => new MemberUpdateRequest { PeerURLs = { "http://127.0.0.1:1" } }.ToByteArray(),
        _ => [],
    };
}
