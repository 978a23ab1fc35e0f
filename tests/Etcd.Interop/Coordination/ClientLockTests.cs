using Etcd.Client;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Coordination;

/// <summary>Locks and elections of the .NET client library, against this server and real etcd.</summary>
public sealed class ClientLockTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private readonly string _name = $"client-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_HandedOn_HasAGrowingFence(ServerKind kind)
    {
        await using EtcdClient client = await ConnectAsync(kind);
        HeldLock first = await client.Locks.AcquireAsync(_name, cancellationToken: Cancellation);
        Task<HeldLock> waiting = client.Locks.AcquireAsync(_name, cancellationToken: Cancellation);
        await CountKeysAsync(client, 2);
        bool waits = !waiting.IsCompleted;

        await first.DisposeAsync();
        await using HeldLock second = await waiting;
        TxnResponse late = await client.Kv.Transaction().If(first.IsHeld).Then(Operations.Put(_name, "stale")).CommitAsync(Cancellation);
        TxnResponse timely = await client.Kv.Transaction().If(second.IsHeld).Then(Operations.Put(_name, "right")).CommitAsync(Cancellation);

        Assert.True(waits);
        Assert.True(second.Revision > first.Revision);
        Assert.Equal((false, true), (late.Succeeded, timely.Succeeded));
        Assert.True(first.Lost.IsCancellationRequested);
        Assert.False(second.Lost.IsCancellationRequested);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_LeaseIsTakenAway_TellsHolderAndWaiter(ServerKind kind)
    {
        await using EtcdClient client = await ConnectAsync(kind);
        await using LeaseSession session = await client.Leases.OpenSessionAsync(2, Cancellation);
        await using HeldLock held = await client.Locks.AcquireAsync(_name, session, Cancellation);
        await using LeaseSession other = await client.Leases.OpenSessionAsync(2, Cancellation);
        await using LeaseSession third = await client.Leases.OpenSessionAsync(60, Cancellation);
        Task<HeldLock> waiting = client.Locks.AcquireAsync(_name, other, Cancellation);
        await CountKeysAsync(client, 2);

        Assert.Null(await client.Locks.TryAcquireAsync(_name, third, Cancellation));
        await client.Leases.RevokeAsync(other.LeaseId, Cancellation);
        await Assert.ThrowsAsync<LeaseExpiredException>(() => waiting);
        await client.Leases.RevokeAsync(session.LeaseId, Cancellation);
        await Task.Delay(Timeout.Infinite, held.Lost).ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);

        Assert.IsType<LeaseExpiredException>(session.Failure);
        Assert.NotNull(await client.Locks.TryAcquireAsync(_name, third, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_CallerGivesUp_LeavesTheLine(ServerKind kind)
    {
        await using EtcdClient client = await ConnectAsync(kind);
        await using HeldLock held = await client.Locks.AcquireAsync(_name, cancellationToken: Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<HeldLock> waiting = client.Locks.AcquireAsync(_name, cancellationToken: patience.Token);
        await CountKeysAsync(client, 2);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await CountKeysAsync(client, 1);
    }

    // The server that a waiting client is connected to dies and comes back: the client keeps its place and gets the lock.
    [Fact]
    public async Task Lock_ServerRestartsWhileItWaits_IsStillHandedOn()
    {
        using TemporaryDirectory directory = new();
        EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = directory.File("data") }, Cancellation);
        await using EtcdClient client = new(server.Endpoint);
        HeldLock first = await client.Locks.AcquireAsync(_name, cancellationToken: Cancellation);
        Task<HeldLock> waiting = client.Locks.AcquireAsync(_name, cancellationToken: Cancellation);
        await CountKeysAsync(client, 2);

        await server.KillAsync();
        await server.DisposeAsync();
        await using EtcdServer again = await EtcdServer.StartAsync(server.Options, Cancellation);
        await first.DisposeAsync();
        await using HeldLock second = await waiting;

        Assert.True(second.Revision > first.Revision);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Election_LeadersComeAndGo_ObserverSeesEach(ServerKind kind)
    {
        await using EtcdClient client = await ConnectAsync(kind);
        using var observing = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using IAsyncEnumerator<LeaderResponse> leaders =
            client.Elections.ObserveAsync(_name, observing.Token).GetAsyncEnumerator(observing.Token);
        ValueTask<bool> next = leaders.MoveNextAsync();

        Leadership first = await client.Elections.CampaignAsync(_name, "first", cancellationToken: Cancellation);
        List<string> seen = [await TakeAsync()];
        Task<Leadership> waiting = client.Elections.CampaignAsync(_name, "second", cancellationToken: Cancellation);
        await CountKeysAsync(client, 2);
        next = leaders.MoveNextAsync();
        await first.ProclaimAsync("again", Cancellation);
        seen.Add(await TakeAsync());
        next = leaders.MoveNextAsync();
        await first.DisposeAsync();
        await using Leadership second = await waiting;
        seen.Add(await TakeAsync());

        Assert.Equal(["first", "again", "second"], seen);
        Assert.Equal("second", (await client.Elections.LeaderAsync(_name, Cancellation))?.Value.ToStringUtf8());
        await Assert.ThrowsAsync<LeadershipLostException>(() => first.ProclaimAsync("late", Cancellation));
        Assert.Null(await client.Elections.LeaderAsync(_name + "-none", Cancellation));

        async Task<string> TakeAsync() => await next ? leaders.Current.Kv.Value.ToStringUtf8() : throw new EndOfStreamException();
    }

    private async Task<EtcdClient> ConnectAsync(ServerKind kind) => new((await servers.GetAsync(kind)).Endpoint);

    private async Task CountKeysAsync(EtcdClient client, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while ((await client.Kv.GetAsync(KeyRange.Prefix(_name + "/"), cancellationToken: limit.Token)).Kvs.Count != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
        }
    }
}
