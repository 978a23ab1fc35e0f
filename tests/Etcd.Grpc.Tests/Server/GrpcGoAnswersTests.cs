using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>What the transport itself answers. Every expectation was read off etcd 3.5.30 with curl.</summary>
public sealed class GrpcGoAnswersTests
{
    public static TheoryData<string, byte[], string, string> WrongBodies => new()
    {
        { "truncated message", [0, 0, 0, 0, 5, 1, 2], "2", "unexpected EOF" },
        { "truncated prefix", [0, 0], "2", "EOF" },
        { "nothing", [], "2", "EOF" },
        { "unknown flag", [2, 0, 0, 0, 0], "13", "grpc: received unexpected payload format 2" },
        { "compressed without encoding", [1, 0, 0, 0, 0], "13", "grpc: compressed flag set with identity or empty encoding" },
        { "no protobuf", [0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], "13", "grpc: error unmarshalling request: unexpected EOF" },
        { "too large", [0, 0x10, 0, 0, 0], "8", "grpc: received message larger than max (268435456 vs. 2097152)" },
        { "far too large", [0, 0xFF, 0xFF, 0xFF, 0xFF], "8", "grpc: received message larger than max (4294967295 vs. 2097152)" },
    };

    [Theory, MemberData(nameof(WrongBodies))]
    public async Task Unary_WrongBody_GetsCodeAndTextOfGrpcGo(string name, byte[] body, string status, string message)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/test.Echo/Say", body);

        Assert.True((reply.Http, reply.Status, reply.Message) == (200, status, message), $"{name}: {reply}");
    }

    [Theory]
    [InlineData("/foo.Bar/Baz", 200, "12", "unknown service foo.Bar")]
    [InlineData("/test.Echo/Baz", 200, "12", "unknown method Baz for service test.Echo")]
    [InlineData("/foo", 200, "12", "malformed method name: \"/foo\"")]
    [InlineData("/", 200, "12", "malformed method name: \"/\"")]
    public async Task Unary_UnknownPath_IsUnimplemented(string path, int http, string status, string message)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, path, [0, 0, 0, 0, 0]);

        Assert.Equal((http, status, message), (reply.Http, reply.Status, reply.Message));
    }

    [Theory]
    [InlineData("content-type:application/json", 415, "3", "invalid gRPC request content-type \"application/json\"")]
    [InlineData("content-type:text/plain", 415, "3", "invalid gRPC request content-type \"text/plain\"")]
    [InlineData("grpc-timeout:1n", 200, "4", "context deadline exceeded")]
    [InlineData("content-type:application/grpc-web", 415, "3", "invalid gRPC request content-type \"application/grpc-web\"")]
    [InlineData("grpc-timeout:0n", 200, "4", "context deadline exceeded")]
    [InlineData("grpc-timeout:abc", 400, "13", "malformed grpc-timeout: transport: timeout unit is not recognized: \"abc\"")]
    [InlineData("grpc-encoding:snappy", 200, "12", "grpc: Decompressor is not installed for grpc-encoding \"snappy\"")]
    public async Task Unary_WrongHeader_GetsStatusAndTextOfGrpcGo(string header, int http, string status, string message)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/test.Echo/Say", [0, 0, 0, 0, 0], headers: header);

        Assert.Equal((http, status, message), (reply.Http, reply.Status, reply.Message));
    }

    [Fact]
    public async Task Unary_Get_Is405()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/test.Echo/Say", [], HttpMethod.Get);

        Assert.Equal(
            (405, "13", "Received a HEADERS frame with :method \"GET\" which should be POST"),
            (reply.Http, reply.Status, reply.Message));
    }

    [Fact]
    public async Task Unary_EmptyMessage_HasReplyOfFiveBytesAndContentType()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/test.Echo/Say", [0, 0, 0, 0, 0]);

        Assert.Equal((200, "0", "application/grpc"), (reply.Http, reply.Status, reply.ContentType));
        Assert.Equal([0, 0, 0, 0, 0], reply.Body);
    }

    [Fact]
    public async Task Unary_SubtypeInContentType_IsConfirmed()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(
            server.EndPoint, "/test.Echo/Say", [0, 0, 0, 0, 0], headers: "content-type:application/grpc+proto");

        Assert.Equal("application/grpc+proto", reply.ContentType);
    }

    [Theory]
    [InlineData("identity,gzip", true)]
    [InlineData("identity", false)]
    public async Task Unary_GzipRequest_IsReadAndAnsweredInGzipIfAccepted(string accepted, bool isGzip)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();
        byte[] message = new StringValue { Value = new string('z', 5000) }.ToByteArray();

        RawReply reply = await raw.SendAsync(
            server.EndPoint, "/test.Echo/Say", Frame(Gzip(message), compressed: true),
            headers: ["grpc-encoding:gzip", $"grpc-accept-encoding:{accepted}"]);

        Assert.Equal(("0", isGzip ? "gzip" : null), (reply.Status, reply.Encoding));
        Assert.Equal(isGzip, reply.Body[0] == 1);
        Assert.Equal(isGzip, reply.Body.Length < 1000);
    }

    [Fact]
    public async Task Refusal_BehindACallAnsweredInGzip_NamesNoEncoding()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var client = new RawCall();
        RawReply reply = await client.SendAsync(
            server.EndPoint, "/test.Echo/Say", Frame([], compressed: false), headers: ["grpc-encoding:gzip", "grpc-accept-encoding:gzip"]);
        Assert.Equal("gzip", reply.Encoding);

        RawReply refusal = await client.SendAsync(server.EndPoint, "/test.Echo/Unknown", Frame([], compressed: false));

        Assert.Equal(("12", null), (refusal.Status, refusal.Encoding));
    }

    [Fact]
    public async Task Unary_GzipBomb_IsRefusedBeyondTheLimit()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(
            server.EndPoint, "/test.Echo/Say", Frame(Gzip(new byte[50_000_000]), compressed: true), headers: "grpc-encoding:gzip");

        Assert.Equal(("8", "grpc: received message after decompression larger than max 2097152"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Unary_DamagedGzip_IsInternal()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(
            server.EndPoint, "/test.Echo/Say", Frame([1, 2, 3, 4], compressed: true), headers: "grpc-encoding:gzip");

        Assert.Equal("13", reply.Status);
    }

    [Fact]
    public async Task Http1_OnTheSamePort_ReachesTheHttpSide()
    {
        await using EchoServer server = await EchoServer.StartAsync(http: async context =>
        {
            context.Response.ContentType = "text/plain";
            await context.Response.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(context.Request.Path.Value!));
        });
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/health", [], HttpMethod.Get, HttpVersion.Version11);

        Assert.Equal((200, "/health"), (reply.Http, System.Text.Encoding.ASCII.GetString(reply.Body)));
    }

    private static byte[] Frame(byte[] message, bool compressed) =>
        [(byte)(compressed ? 1 : 0), (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static byte[] Gzip(byte[] message)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal))
        {
            gzip.Write(message);
        }

        return target.ToArray();
    }
}
