using System.Globalization;
using System.Net;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tests.Tls;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests.Limits;

// The file of limits against a member on real ports.
public sealed class LimitsFileTests : IAsyncLifetime
{
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);
    private static readonly RpcMethod<LeaseGrantRequest, LeaseGrantResponse> Grant = new("etcdserverpb.Lease", "LeaseGrant", LeaseGrantResponse.Parser);
    private static readonly RpcMethod<LeaseRevokeRequest, LeaseRevokeResponse> Revoke = new("etcdserverpb.Lease", "LeaseRevoke", LeaseRevokeResponse.Parser);
    private static readonly RpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> KeepAlive =
        new("etcdserverpb.Lease", "LeaseKeepAlive", LeaseKeepAliveResponse.Parser);

    private static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);
    private static readonly RpcMethod<MemberListRequest, MemberListResponse> Members = new("etcdserverpb.Cluster", "MemberList", MemberListResponse.Parser);
    private static readonly RpcMethod<AuthUserAddRequest, AuthUserAddResponse> UserAdd = new("etcdserverpb.Auth", "UserAdd", AuthUserAddResponse.Parser);
    private static readonly RpcMethod<AuthRoleAddRequest, AuthRoleAddResponse> RoleAdd = new("etcdserverpb.Auth", "RoleAdd", AuthRoleAddResponse.Parser);
    private static readonly RpcMethod<AuthUserGrantRoleRequest, AuthUserGrantRoleResponse> GrantRole =
        new("etcdserverpb.Auth", "UserGrantRole", AuthUserGrantRoleResponse.Parser);

    private static readonly RpcMethod<AuthEnableRequest, AuthEnableResponse> Enable = new("etcdserverpb.Auth", "AuthEnable", AuthEnableResponse.Parser);
    private static readonly RpcMethod<AuthenticateRequest, AuthenticateResponse> LogIn =
        new("etcdserverpb.Auth", "Authenticate", AuthenticateResponse.Parser);

    // A rate so small that nothing comes back while a test runs.
    private const string TwoForEachAddress = "rates:\n  default: { requests-per-second: 0.001, requests-burst: 2 }\n";
    private const string AddressRefusal = "etcdserver: rate limit exceeded: address 127.0.0.1 has 0.001 requests a second; try again in ";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();
    private readonly CapturedLog _log = new();
    private readonly LoggerFactory _loggers = new();
    private MemberHost? _host;
    private RpcChannel? _channel;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await (_channel?.DisposeAsync() ?? default);
        await (_host?.DisposeAsync() ?? default);
        _loggers.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Rate_UsedUp_IsRefusedOverGrpcTheGatewayAndV2AndWhatMustGoOnGoesOn()
    {
        await StartAsync(TwoForEachAddress);
        await CallAsync(Grant, new LeaseGrantRequest { ID = 1, TTL = 600 });
        await CallAsync(Put, Pair("a", "1"));

        RpcException refusal = await RefusedAsync(Put, Pair("a", "2"));
        RpcException read = await RefusedAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("a") });
        (HttpStatusCode gateway, string gatewayBody) = await PostAsync("/v3/kv/range", """{"key":"YQ=="}""");
        using HttpResponseMessage v2 = await _http.GetAsync(Url("/v2/keys/a"), Cancellation);

        Assert.StartsWith(AddressRefusal, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith(AddressRefusal, read.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, gateway);
        Assert.StartsWith("{\"code\":8,\"message\":\"" + AddressRefusal, gatewayBody, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, v2.StatusCode);
        Assert.NotNull(v2.Headers.RetryAfter);
        Assert.Contains(AddressRefusal, await v2.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> alive = await _channel!.StreamAsync(KeepAlive, cancellationToken: Cancellation);
        for (int time = 0; time < 5; time++)
        {
            await alive.WriteAsync(new LeaseKeepAliveRequest { ID = 1 }, Cancellation);
            Assert.True(await alive.MoveNextAsync(Cancellation));
            Assert.Equal(600, alive.Current.TTL);
        }

        await CallAsync(Members, new MemberListRequest());
        await CallAsync(Revoke, new LeaseRevokeRequest { ID = 1 });
        Assert.Equal(4, await FigureAsync("etcd_server_limit_refusals_total{limit=\"rate\"}"));
    }

    [Fact]
    public async Task Rate_UsedUp_WatchersAreRefusedOneByOneAndOthersGoOn()
    {
        await StartAsync(TwoForEachAddress);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await _channel!.StreamAsync(Watch, cancellationToken: Cancellation);
        var create = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("a") } };
        await watch.WriteAsync(create, Cancellation);
        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.True(watch.Current is { Created: true, Canceled: false });
        await CallAsync(Put, Pair("a", "1"));
        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.Single(watch.Current.Events);

        await watch.WriteAsync(create, Cancellation);

        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.True(watch.Current is { Created: true, Canceled: true } or { Canceled: true });
        Assert.StartsWith($"rpc error: code = ResourceExhausted desc = {AddressRefusal}", watch.Current.CancelReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rate_OfBytes_CountsRequestsAndReplies()
    {
        await StartAsync("rates:\n  default: { bytes-per-second: 1, bytes-burst: 10000 }\n");
        await CallAsync(Put, Pair("a", new string('x', 6000)));
        await CallAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("a") });

        RpcException refusal = await RefusedAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("b") });

        Assert.StartsWith("etcdserver: rate limit exceeded: address 127.0.0.1 has 1 bytes a second; try again in ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rate_OfUsersAndRoles_CountsForThemAndNobodyElse()
    {
        await StartAsync("""
            rates:
              user:alice: { requests-per-second: 0.001, requests-burst: 1 }
              role:batch: { requests-per-second: 0.001, requests-burst: 2 }
            """);
        await CallAsync(RoleAdd, new AuthRoleAddRequest { Name = "batch" });
        foreach (string user in new[] { "root", "alice", "bob", "carol" })
        {
            await CallAsync(UserAdd, new AuthUserAddRequest { Name = user, Password = "pw" });
        }

        await CallAsync(RoleAdd, new AuthRoleAddRequest { Name = "root" });
        await CallAsync(GrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await CallAsync(GrantRole, new AuthUserGrantRoleRequest { User = "alice", Role = "root" });
        await CallAsync(GrantRole, new AuthUserGrantRoleRequest { User = "bob", Role = "batch" });
        await CallAsync(GrantRole, new AuthUserGrantRoleRequest { User = "carol", Role = "batch" });
        await CallAsync(Enable, new AuthEnableRequest());
        RpcCallOptions root = await AsAsync("root");
        RpcCallOptions alice = await AsAsync("alice");
        RpcCallOptions bob = await AsAsync("bob");
        RpcCallOptions carol = await AsAsync("carol");

        await CallAsync(Put, Pair("a", "1"), alice);
        RpcException ofAlice = await RefusedAsync(Put, Pair("a", "2"), alice);
        await CallAsync(Grant, new LeaseGrantRequest { ID = 1, TTL = 60 }, bob);
        await CallAsync(Grant, new LeaseGrantRequest { ID = 2, TTL = 60 }, carol);
        RpcException ofBatch = await RefusedAsync(Grant, new LeaseGrantRequest { ID = 3, TTL = 60 }, bob);
        for (int time = 0; time < 5; time++)
        {
            await CallAsync(Put, Pair("a", "3"), root);
        }

        Assert.StartsWith("etcdserver: rate limit exceeded: user \"alice\" has 0.001 requests a second", ofAlice.Message, StringComparison.Ordinal);
        Assert.StartsWith("etcdserver: rate limit exceeded: role \"batch\" has 0.001 requests a second", ofBatch.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ChangesWhileTheMemberRuns_CountsSoonAndABrokenOneChangesNothing()
    {
        await StartAsync("quotas:\n  /a/: { max-keys: 1 }\n");
        await CallAsync(Put, Pair("/a/1", "x"));
        RpcException first = await RefusedAsync(Put, Pair("/a/2", "x"));
        (HttpStatusCode gateway, _) = await PostAsync("/v3/kv/put", """{"key":"L2EvMg=="}""");

        await File.WriteAllTextAsync(_directory.File("limits.yaml"), "quotas:\n  /a/: { max-keys: many }\n", Cancellation);
        string broken = await _log.NextWithAsync("the file of limits cannot be used");
        await RefusedAsync(Put, Pair("/a/2", "x"));
        await File.WriteAllTextAsync(_directory.File("limits.yaml"), "quotas:\n  /a/: { max-keys: 2, max-bytes: 1000 }\n", Cancellation);
        while (await FigureAsync("etcd_server_prefix_quota_keys_limit{prefix=\"/a/\"}") != 2)
        {
            // It changes without an event that could be awaited: looked at until it has.
            await Task.Delay(20, Cancellation);
        }

        await CallAsync(Put, Pair("/a/2", "x"));
        RpcException second = await RefusedAsync(Put, Pair("/a/3", "x"));

        Assert.Equal("etcdserver: quota of the prefix exceeded: \"/a/\" has 1 of 1 keys, and the request needs more", first.Message);
        Assert.Equal(HttpStatusCode.TooManyRequests, gateway);
        Assert.Contains("limits.yaml:2: max-keys: must be a number above 0", broken, StringComparison.Ordinal);
        Assert.Contains("has 2 of 2 keys", second.Message, StringComparison.Ordinal);
        Assert.Equal(4, await FigureAsync("etcd_server_limit_refusals_total{limit=\"prefix_quota\"}"));
        Assert.Equal(10, await FigureAsync("etcd_server_prefix_quota_bytes{prefix=\"/a/\"}"));
    }

    [Fact]
    public async Task Start_FileThatCannotBeUsed_IsRefused()
    {
        SettingsException refusal = await Assert.ThrowsAsync<SettingsException>(() => StartAsync("rates: 5"));

        Assert.Equal($"{_directory.File("limits.yaml")}:1: rates must be a map", refusal.Message);
    }

    private static PutRequest Pair(string key, string value) => new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) };

    private async Task StartAsync(string limits)
    {
        await File.WriteAllTextAsync(_directory.File("limits.yaml"), limits, Cancellation);
        var peerUrl = new Uri($"http://127.0.0.1:{MemberHostTests.FreePort()}");
        var settings = new MemberSettings
        {
            DataDirectory = _directory.File("data"),
            ListenClientUrls = [new Uri("http://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl}",
            UnsafeNoSync = true,
            EnableV2 = true,
            BcryptCost = 4,
            LimitsFile = _directory.File("limits.yaml"),
        };
        _loggers.AddProvider(_log);
        _host = await MemberHost.StartAsync(settings, _loggers, Cancellation);
        _channel = new RpcChannel(RpcAddress.Parse($"http://{_host.ClientEndPoints[0]}"));
    }

    private async Task<RpcCallOptions> AsAsync(string user)
    {
        AuthenticateResponse reply = await CallAsync(LogIn, new AuthenticateRequest { Name = user, Password = "pw" });
        var metadata = new RpcMetadata();
        metadata.Add("token", reply.Token);
        return new RpcCallOptions { Metadata = metadata };
    }

    private Task<TReply> CallAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions? options = null)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        _channel!.UnaryAsync(method, request, options ?? new RpcCallOptions(), Cancellation);

    private async Task<RpcException> RefusedAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions? options = null)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => CallAsync(method, request, options));
        Assert.Equal(RpcStatusCode.ResourceExhausted, refusal.Code);
        return refusal;
    }

    private Uri Url(string path) => new($"http://{_host!.ClientEndPoints[0]}{path}");

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string json)
    {
        using var body = new StringContent(json);
        using HttpResponseMessage reply = await _http.PostAsync(Url(path), body, Cancellation);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<long> FigureAsync(string name)
    {
        string text = await _http.GetStringAsync(Url("/metrics"), Cancellation);
        string line = text.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal));
        return (long)double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
