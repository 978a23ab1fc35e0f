using System.Text;

using Etcd.Api.Http;
using Etcd.Peer;
using Etcd.Protocol.Leases;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Api.Tests.Http;

// The peer port's paths outside of raft. Statuses and bodies were taken from real etcd 3.5.30; its members act on them.
public sealed class PeerHttpFaceTests : IAsyncLifetime
{
    private EtcdServer _server = null!;
    private PeerHttpFace _face = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new ServerOptions
        {
            DataDirectory = "/data",
            InitialCluster = new Dictionary<string, IReadOnlyList<string>> { ["default"] = ["http://localhost:2380"] },
            Seed = 1,
        };
        _server = await EtcdServer.StartAsync(
            options, new SimulatedFileSystem(), TimeProvider.System, NullLoggerFactory.Instance, LonePeerNetwork.Instance);
        await _server.Published;
        _face = new PeerHttpFace(_server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("POST", "/version", 405, "Method Not Allowed\n", "GET")]
    [InlineData("POST", "/members", 405, "Method Not Allowed\n", "GET")]
    [InlineData("POST", "/members/hashkv", 405, "Method Not Allowed\n", "GET")]
    [InlineData("GET", "/members/promote/5", 405, "Method Not Allowed\n", "POST")]
    [InlineData("POST", "/downgrade/enabled", 405, "Method Not Allowed\n", "GET")]
    [InlineData("GET", "/leases", 405, "Method Not Allowed\n", null)]
    [InlineData("PUT", "/leases/internal", 405, "Method Not Allowed\n", null)]
    [InlineData("POST", "/leases/foo", 404, "404 page not found\n", null)]
    [InlineData("GET", "/members/", 404, "404 page not found\n", null)]
    [InlineData("GET", "/members/foo", 404, "404 page not found\n", null)]
    [InlineData("POST", "/leases", 404, "lease not found\n", null)]
    [InlineData("POST", "/leases/internal", 404, "lease not found\n", null)]
    [InlineData("POST", "/members/promote/5", 404, "membership: ID not found\n", null)]
    [InlineData("POST", "/members/promote/zz", 404, "member zz not found in cluster\n", null)]
    [InlineData("POST", "/members/promote/", 404, "member  not found in cluster\n", null)]
    [InlineData("GET", "/members/hashkv", 400, "error unmarshalling request\n", null)]
    [InlineData("GET", "/downgrade/enabled", 200, "false", null)]
    public async Task Face_Request_IsAnsweredAsByEtcd(string method, string path, int status, string body, string? allowed)
    {
        HttpContext context = await AskAsync(method, path);

        Assert.Equal((status, body), (context.Response.StatusCode, BodyOf(context)));
        Assert.Equal(allowed, context.Response.Headers.Allow.Count == 0 ? null : context.Response.Headers.Allow.ToString());
    }

    [Fact]
    public async Task Promote_Voter_IsPreconditionFailedInTheWordsItsAskerLooksFor()
    {
        HttpContext context = await AskAsync("POST", $"/members/promote/{_server.Headers.MemberId}");

        Assert.Equal(412, context.Response.StatusCode);
        Assert.Equal("membership: can only promote a learner member\n", BodyOf(context));
        Assert.Equal(_server.Headers.ClusterId.ToString("x"), context.Response.Headers["X-Etcd-Cluster-Id"]);
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("\u000a\u007f")]
    public async Task Lease_MalformedQuestion_IsABadRequest(string question)
    {
        foreach (string path in new[] { "/leases", "/leases/internal" })
        {
            HttpContext context = await AskAsync("POST", path, Encoding.UTF8.GetBytes(question));

            Assert.Equal((400, "error unmarshalling request\n"), (context.Response.StatusCode, BodyOf(context)));
        }
    }

    // etcd once read such a body without a bound (3.5.33).
    [Fact]
    public async Task Lease_HugeQuestion_IsNotRead()
    {
        HttpContext context = await AskAsync("POST", "/leases", new byte[1_000_000]);

        Assert.Equal((400, "error reading body\n"), (context.Response.StatusCode, BodyOf(context)));
    }

    [Fact]
    public async Task Lease_KnownOne_IsRenewedAndTold()
    {
        await _server.Leases.GrantAsync(new LeaseGrantRequest { ID = 77, TTL = 100 });

        HttpContext renewed = await AskAsync("POST", "/leases", new LeaseKeepAliveRequest { ID = 77 }.ToByteArray());
        HttpContext told = await AskAsync(
            "POST", "/leases/internal", new LeaseInternalRequest { LeaseTimeToLiveRequest = new LeaseTimeToLiveRequest { ID = 77 } }.ToByteArray());

        Assert.Equal("application/protobuf", renewed.Response.ContentType);
        Assert.Equal(new LeaseKeepAliveResponse { ID = 77, TTL = 100 }, LeaseKeepAliveResponse.Parser.ParseFrom(BytesOf(renewed)));
        LeaseTimeToLiveResponse left = LeaseInternalResponse.Parser.ParseFrom(BytesOf(told)).LeaseTimeToLiveResponse;
        Assert.Equal((77, 100), (left.ID, left.GrantedTTL));
        Assert.Equal(new ResponseHeader(), left.Header);
    }

    [Fact]
    public async Task Hash_AtARevision_IsTheOneClientsGet()
    {
        await _server.KeyValues.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("a"), Value = ByteString.CopyFromUtf8("b") });
        uint hash = _server.Maintenance.HashByRevision(new HashKVRequest()).Hash;

        HttpContext context = await AskAsync("GET", "/members/hashkv", """{"revision":0}"""u8.ToArray());
        HttpContext future = await AskAsync("GET", "/members/hashkv", """{"revision":99}"""u8.ToArray());
        HttpContext foreign = await AskAsync("GET", "/members/hashkv", """{"revision":0}"""u8.ToArray(), clusterId: "77");

        Assert.Equal($$"""{"header":{"revision":2},"hash":{{hash}},"compact_revision":-1}""", BodyOf(context));
        Assert.Equal((400, "mvcc: required revision is a future revision\n"), (future.Response.StatusCode, BodyOf(future)));
        Assert.Equal((412, "cluster ID mismatch\n"), (foreign.Response.StatusCode, BodyOf(foreign)));
    }

    [Fact]
    public async Task Members_Asked_AreListedAsEtcdWritesThem()
    {
        HttpContext context = await AskAsync("GET", "/members");

        Assert.Equal(
            $$"""[{"id":{{_server.Headers.MemberId}},"peerURLs":["http://localhost:2380"],"name":"default","clientURLs":["http://localhost:2379"]}]""" + "\n",
            BodyOf(context));
        Assert.Equal(_server.Headers.ClusterId.ToString("x"), context.Response.Headers["X-Etcd-Cluster-Id"]);
    }

    private async Task<HttpContext> AskAsync(string method, string path, byte[]? body = null, string? clusterId = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Path = path;
        context.Request.Body = new MemoryStream(body ?? []);
        context.Response.Body = new MemoryStream();
        if (clusterId is not null)
        {
            context.Request.Headers["X-Etcd-Cluster-ID"] = clusterId;
        }

        await _face.HandleAsync(context);
        return context;
    }

    private static byte[] BytesOf(HttpContext context) => ((MemoryStream)context.Response.Body).ToArray();

    private static string BodyOf(HttpContext context) => Encoding.UTF8.GetString(BytesOf(context));
}
