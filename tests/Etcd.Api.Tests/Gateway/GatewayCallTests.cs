using System.Net;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Api.Tests.Gateway;

public sealed class GatewayCallTests
{
    private const string KeyValue = "etcdserverpb.KV";

    [Fact]
    public async Task Put_OfAClient_IsTheCallAndItsReply()
    {
        PutRequest? seen = null;
        await using GatewayHost host = await GatewayHost.StartAsync(table =>
            table.AddUnary(KeyValue, "Put", PutRequest.Parser, (_, request) =>
            {
                seen = request;
                return new ValueTask<PutResponse>(new PutResponse { Header = new ResponseHeader { Revision = 7 } });
            }));

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/kv/put", """{"key":"Zm9v","value":"YmFy","prevKv":true}""");

        Assert.Equal((HttpStatusCode.OK, """{"header":{"revision":"7"}}"""), (status, body));
        Assert.Equal(new PutRequest { Key = ByteString.CopyFromUtf8("foo"), Value = ByteString.CopyFromUtf8("bar"), PrevKv = true }, seen);
    }

    [Theory]
    [InlineData(RpcStatusCode.Canceled, 408)]
    [InlineData(RpcStatusCode.Unknown, 500)]
    [InlineData(RpcStatusCode.InvalidArgument, 400)]
    [InlineData(RpcStatusCode.DeadlineExceeded, 504)]
    [InlineData(RpcStatusCode.NotFound, 404)]
    [InlineData(RpcStatusCode.AlreadyExists, 409)]
    [InlineData(RpcStatusCode.PermissionDenied, 403)]
    [InlineData(RpcStatusCode.ResourceExhausted, 429)]
    [InlineData(RpcStatusCode.FailedPrecondition, 400)]
    [InlineData(RpcStatusCode.Aborted, 409)]
    [InlineData(RpcStatusCode.OutOfRange, 400)]
    [InlineData(RpcStatusCode.Unimplemented, 501)]
    [InlineData(RpcStatusCode.Internal, 500)]
    [InlineData(RpcStatusCode.Unavailable, 503)]
    [InlineData(RpcStatusCode.DataLoss, 500)]
    [InlineData(RpcStatusCode.Unauthenticated, 401)]
    public async Task Status_OfTheMethod_IsTheStatusOfHttp(RpcStatusCode code, int expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(table =>
            table.AddUnary(KeyValue, "Range", (_, _, _) => throw new RpcException(code, "a \"reason\"")));

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/kv/range", "{}");

        Assert.Equal(expected, (int)status);
        Assert.Equal($$"""{"code":{{(int)code}},"message":"a \"reason\""}""", body);
    }

    [Fact]
    public async Task Method_ThatTheMemberDoesNotOffer_IsUnimplemented()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(_ => { });

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/kv/range", "{}");

        Assert.Equal((HttpStatusCode.NotImplemented, """{"code":12,"message":"unknown service etcdserverpb.KV"}"""), (status, body));
    }

    // Base64 and white space make a body larger than its message: the body has a bound of its own, so that memory has one.
    [Fact]
    public async Task Body_BeyondAnyMessage_IsRefusedBeforeItIsWhole()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            table => table.AddUnary(KeyValue, "Put", (_, _, _) => default), new RpcServerOptions { ReceiveBytesMax = 10_000 });

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/kv/put", "{\"value\":\"" + new string('A', 400_000) + "\"}");
        (HttpStatusCode messageStatus, string message) = await host.PostAsync("/v3/kv/put", "{\"value\":\"" + new string('A', 16_000) + "\"}");

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.StartsWith("""{"code":8,"message":"grpc: received message larger than max (""", body, StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.TooManyRequests, """{"code":8,"message":"grpc: received message larger than max (12003 vs. 10000)"}"""), (messageStatus, message));
    }

    [Theory]
    [InlineData("Authorization", "tok", "authorization")]
    [InlineData("Authorization", "Bearer tok", "authorization")]
    [InlineData("Grpc-Metadata-Token", "tok", "token")]
    [InlineData("grpc-metadata-hasleader", "tok", "hasleader")]
    [InlineData("Grpc-Metadata-X-Mine", "tok", "x-mine")]
    public async Task Header_OfHttp_IsMetadata(string header, string value, string metadata)
    {
        string? direct = null;
        string? listed = null;
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddUnary(KeyValue, "Range", (call, _, _) =>
        {
            direct = call.RequestHeader(metadata);
            listed = call.RequestHeaders.Get(metadata);
            return default;
        }));

        await host.PostAsync("/v3/kv/range", "{}", (header, value));

        Assert.Equal(("tok", "tok"), (direct, listed));
    }

    [Fact]
    public async Task Deadline_ThatPasses_IsAGatewayTimeout()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddUnary(
            KeyValue, "Range", (call, _, _) => new ValueTask(Task.Delay(Timeout.Infinite, call.CancellationToken))));

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/kv/range", "{}", ("Grpc-Timeout", "50m"));

        Assert.Equal((HttpStatusCode.GatewayTimeout, """{"code":4,"message":"context deadline exceeded"}"""), (status, body));
    }

    [Fact]
    public async Task Client_ThatGoesAway_EndsItsCall()
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddUnary(KeyValue, "Range", async (call, _, _) =>
        {
            started.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, call.CancellationToken);
            }
            finally
            {
                ended.SetResult();
            }
        }));
        using var gone = new CancellationTokenSource();
        Task<HttpResponseMessage> asking = host.Http.PostAsync("/v3/kv/range", new StringContent("{}"), gone.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await gone.CancelAsync();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Calls_OfAllKinds_AreCountedAsThoseOfGrpc()
    {
        var observer = new CountingObserver();
        await using GatewayHost host = await GatewayHost.StartAsync(
            table =>
            {
                table.AddUnary(KeyValue, "Range", RangeRequest.Parser, (_, _) => new ValueTask<RangeResponse>(new RangeResponse { Count = 1 }));
                table.AddUnary(KeyValue, "Put", (_, _, _) => throw new RpcException(RpcStatusCode.NotFound, "no"));
                GatewayStreamTests.AddEcho(table);
            },
            new RpcServerOptions { Observer = observer });

        await host.PostAsync("/v3/kv/range", """{"key":"Zm9v"}""");
        await host.PostAsync("/v3/kv/put", "{}");
        await host.PostAsync("/v3/lease/keepalive", """{"ID":1}{"ID":2}""");

        Assert.Equal(
            ["Range started", "Range received 5", "Range sent 2", "Range OK", "Put started", "Put received 0", "Put NotFound", "LeaseKeepAlive started",
                "LeaseKeepAlive received 2", "LeaseKeepAlive sent 2", "LeaseKeepAlive received 2", "LeaseKeepAlive sent 2", "LeaseKeepAlive OK"],
            observer.Lines);
    }

    private sealed class CountingObserver : IRpcServerObserver
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines => _lines;

        public void CallStarted(RpcServerMethod method) => _lines.Add($"{method.Name} started");

        public void MessageReceived(RpcServerMethod method, long messageBytes) => _lines.Add($"{method.Name} received {messageBytes}");

        public void MessageSent(RpcServerMethod method, long messageBytes) => _lines.Add($"{method.Name} sent {messageBytes}");

        public void CallHandled(RpcServerMethod method, RpcStatusCode code, TimeSpan elapsed) => _lines.Add($"{method.Name} {code}");
    }
}
