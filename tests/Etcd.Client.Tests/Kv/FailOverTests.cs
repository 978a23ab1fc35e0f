using Etcd.Client.Tests.Scripted;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

namespace Etcd.Client.Tests.Kv;

public class FailOverTests
{
    private static readonly EtcdClientOptions TwoEndpoints = new() { Endpoints = ["a", "b"] };

    [Fact]
    public async Task Get_FirstEndpointIsDown_IsAnsweredByTheNextAndStaysThere()
    {
        ScriptedCluster cluster = new();
        cluster["a"].Answers(ScriptedCluster.ConnectionRefused);
        cluster["b"].Answers(new RangeResponse { Count = 1 }).Answers(new RangeResponse { Count = 2 });
        await using EtcdClient client = cluster.Client(TwoEndpoints);

        RangeResponse first = await client.Kv.GetAsync("k", cancellationToken: TestContext.Current.CancellationToken);
        RangeResponse second = await client.Kv.GetAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((1, 2), (first.Count, second.Count));
        Assert.Single(cluster["a"].Requests);
    }

    [Fact]
    public async Task Get_ConnectionBreaksAfterSending_IsRepeatedElsewhere()
    {
        ScriptedCluster cluster = new();
        cluster["a"].Answers(ScriptedCluster.ConnectionLost);
        cluster["b"].Answers(new RangeResponse { Count = 7 });
        await using EtcdClient client = cluster.Client(TwoEndpoints);

        RangeResponse reply = await client.Kv.GetAsync("k", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(7, reply.Count);
    }

    [Fact]
    public async Task Put_ConnectionBreaksAfterSending_FailsWithoutASecondPut()
    {
        ScriptedCluster cluster = new();
        cluster["a"].Answers(ScriptedCluster.ConnectionLost);
        await using EtcdClient client = cluster.Client(TwoEndpoints);

        RpcException error = await Assert.ThrowsAsync<RpcException>(
            () => client.Kv.PutAsync("k", "v", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(RpcStatusCode.Unavailable, error.Code);
        Assert.Empty(cluster["b"].Requests);
    }

    [Fact]
    public async Task Put_ConnectionRefused_IsSentToTheNext()
    {
        ScriptedCluster cluster = new();
        cluster["a"].Answers(ScriptedCluster.ConnectionRefused);
        cluster["b"].Answers(new PutResponse());
        await using EtcdClient client = cluster.Client(TwoEndpoints);

        await client.Kv.PutAsync("k", "v", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("v", Assert.IsType<PutRequest>(Assert.Single(cluster["b"].Requests)).Value.ToStringUtf8());
    }

    [Fact]
    public async Task Call_AllEndpointsDown_FailsWhenItsTimeIsOver()
    {
        ManualTimeProvider time = new();
        ScriptedCluster cluster = new();
        for (int i = 0; i < 1000; i++)
        {
            cluster["a"].Answers(ScriptedCluster.ConnectionRefused);
        }

        await using EtcdClient client = cluster.Client(
            new EtcdClientOptions { Endpoints = ["a"], TimeProvider = time, CallTimeout = TimeSpan.FromSeconds(5) });

        Task<PutResponse> put = client.Kv.PutAsync("k", "v", cancellationToken: TestContext.Current.CancellationToken);
        while (!put.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => put);
        Assert.Equal(RpcStatusCode.DeadlineExceeded, error.Code);
        Assert.Contains("connection refused", error.Message, StringComparison.Ordinal);
        Assert.InRange(cluster["a"].Requests.Count, 2, 100);
    }

    [Fact]
    public async Task Call_TokenIsStale_SignsInAgainAndRepeats()
    {
        ScriptedCluster cluster = new();
        cluster["a"]
            .Answers(new AuthenticateResponse { Token = "old" })
            .Answers(new RpcException(RpcStatusCode.Unauthenticated, "etcdserver: invalid auth token"))
            .Answers(new AuthenticateResponse { Token = "new" })
            .Answers(new PutResponse());
        await using EtcdClient client = cluster.Client(
            new EtcdClientOptions { Endpoints = ["a"], User = "root", Password = "secret" });

        await client.Kv.PutAsync("k", "v", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["old", "new"], cluster["a"].Options.Select(options => options.Metadata?.Get("token")).OfType<string>());
    }

    [Fact]
    public async Task Call_AuthIsNotEnabled_GoesWithoutToken()
    {
        ScriptedCluster cluster = new();
        cluster["a"]
            .Answers(new RpcException(RpcStatusCode.FailedPrecondition, "etcdserver: authentication is not enabled"))
            .Answers(new PutResponse());
        await using EtcdClient client = cluster.Client(new EtcdClientOptions { Endpoints = ["a"], User = "root" });

        await client.Kv.PutAsync("k", "v", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Null(cluster["a"].Options[^1].Metadata);
    }

    [Fact]
    public async Task Failures_AreReported_WithWhatFollows()
    {
        List<CallFailure> failures = [];
        ScriptedCluster cluster = new();
        cluster["a"].Answers(ScriptedCluster.ConnectionRefused);
        cluster["b"].Answers(new RpcException(RpcStatusCode.InvalidArgument, "etcdserver: key is not provided"));
        await using EtcdClient client = cluster.Client(TwoEndpoints with { OnCallFailed = failures.Add });

        await Assert.ThrowsAsync<RpcException>(
            () => client.Kv.PutAsync("", "v", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal([("a", 0, true), ("b", 1, false)], failures.Select(f => (f.Endpoint, f.Attempt, f.WillRetry)));
    }
}
