using Etcd.Client.Calls;
using Etcd.Client.Tests.Scripted;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using RenewalScript = Etcd.Client.Tests.Scripted.ScriptedStream<Etcd.Protocol.Rpc.LeaseKeepAliveRequest, Etcd.Protocol.Rpc.LeaseKeepAliveResponse>;

namespace Etcd.Client.Tests.Leases;

public class KeepAliveTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedCluster _cluster = new();

    [Fact]
    public async Task KeepAlive_LeaseLives_RenewsAtEachThirdOfItsTime()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 30));
        await renewals.MoveNextAsync();
        Task<bool> second = renewals.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(second.IsCompleted);
        stream.Push(Reply(ttl: 30));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await second);
        Assert.Equal(7, (await stream.NextRequestAsync()).ID);
        Assert.Equal(7, (await stream.NextRequestAsync()).ID);
    }

    [Fact]
    public async Task KeepAlive_ServerSaysTheLeaseIsGone_Throws()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 0));

        LeaseExpiredException error = await Assert.ThrowsAsync<LeaseExpiredException>(() => renewals.MoveNextAsync().AsTask());
        Assert.Equal(7, error.LeaseId);
    }

    [Fact]
    public async Task KeepAlive_ConnectionLost_RenewsOnTheNextEndpoint()
    {
        RenewalScript first = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        RenewalScript second = _cluster["b"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Reply(ttl: 30));

        Assert.True(await renewals.MoveNextAsync());
        Assert.True(first.IsDisposed);
    }

    [Fact]
    public async Task KeepAlive_NobodyAnswersForTheWholeTime_Throws()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 30));
        await renewals.MoveNextAsync();
        Task<bool> second = renewals.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(10));
        await stream.NextRequestAsync();
        await stream.NextRequestAsync();
        _time.Advance(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAsync<LeaseExpiredException>(() => second);
    }

    // Found in a review: opening the stream again was bound to no time at all.
    [Fact]
    public async Task KeepAlive_NoConnectionForTheWholeTime_Throws()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        ScriptedEndpoint unreachable = _cluster["b"];
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 30));
        await renewals.MoveNextAsync();
        Task<bool> second = renewals.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(10));
        stream.Push(ScriptedCluster.ConnectionLost);
        await unreachable.NextOpeningAsync();
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<LeaseExpiredException>(() => second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task KeepAlive_ReaderComesAfterTheEnd_Throws()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 30));
        stream.Push(Reply(ttl: 30));
        await renewals.MoveNextAsync();
        _time.Advance(TimeSpan.FromSeconds(25));
        Task<bool> second = renewals.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<LeaseExpiredException>(() => second);
    }

    [Fact]
    public async Task KeepAlive_LeaseOfCenturies_IsRenewedEachWeek()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<LeaseKeepAliveResponse> renewals = Keep(client);

        stream.Push(Reply(ttl: 9_000_000_000));
        await renewals.MoveNextAsync();
        Task<bool> second = renewals.MoveNextAsync().AsTask();
        stream.Push(Reply(ttl: 9_000_000_000));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromDays(7));

        Assert.True(await second);
    }

    [Fact]
    public async Task Session_FirstRenewalFindsNoConnection_IsLostWithTheLease()
    {
        _cluster["a"].Answers(new LeaseGrantResponse { ID = 7, TTL = 2 });
        await using EtcdClient client = Client();
        await using LeaseSession session = await client.Leases.OpenSessionAsync(2, TestContext.Current.CancellationToken);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration told = session.Lost.Register(lost.SetResult);

        await _cluster["a"].NextOpeningAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(session.Lost.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(1));

        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.IsType<LeaseExpiredException>(session.Failure);
    }

    [Fact]
    public void Backoff_TokenIsCancelled_DoesNotGoOnToTheNextEndpoint()
    {
        Task wait = new Backoff(_time, endpoints: 3).WaitAsync(longest: null, new CancellationToken(canceled: true));

        Assert.True(wait.IsCanceled);
    }

    [Fact]
    public async Task KeepAliveOnce_UnknownLease_FailsAsTheServersOwnError()
    {
        RenewalScript stream = _cluster["a"].Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>();
        await using EtcdClient client = Client();
        stream.Push(Reply(ttl: 0));

        RpcException error = await Assert.ThrowsAsync<RpcException>(
            () => client.Leases.KeepAliveOnceAsync(7, TestContext.Current.CancellationToken));

        Assert.Equal((RpcStatusCode.NotFound, "etcdserver: requested lease not found"), (error.Code, error.Message));
    }

    private static IAsyncEnumerator<LeaseKeepAliveResponse> Keep(EtcdClient client) =>
        client.Leases.KeepAliveAsync(7, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static LeaseKeepAliveResponse Reply(long ttl) => new() { ID = 7, TTL = ttl };

    private EtcdClient Client() =>
        _cluster.Client(new EtcdClientOptions { Endpoints = ["a", "b"], TimeProvider = _time });
}
