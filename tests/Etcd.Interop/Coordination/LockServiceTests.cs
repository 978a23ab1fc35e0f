using Etcd.Grpc;
using Etcd.Interop.Auth;
using Etcd.Interop.Wire;
using Etcd.Protocol.Locks;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Coordination;

/// <summary>v3lockpb.Lock, which etcd serves from 3.2 on: the same tests against this server and real etcd.</summary>
public sealed class LockServiceTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private readonly string _name = $"lock-{Guid.NewGuid():N}";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_Free_IsTakenUnderTheKeyOfTheLease(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        long lease = await LineProbe.GrantAsync(connection);

        LockResponse first = await LockAsync(connection, lease);
        LockResponse again = await LockAsync(connection, lease);

        Assert.Equal($"{_name}/{lease:x}", first.Key.ToStringUtf8());
        Assert.Equal((first.Key, first.Header.Revision), (again.Key, again.Header.Revision));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_Held_IsHandedOnInTheOrderOfArrival(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        long[] leases = [await LineProbe.GrantAsync(connection), await LineProbe.GrantAsync(connection), await LineProbe.GrantAsync(connection)];
        LockResponse holder = await LockAsync(connection, leases[0]);
        Task<LockResponse> second = LockAsync(connection, leases[1]);
        await LineProbe.WaitForCountAsync(connection, _name, 2);
        Task<LockResponse> third = LockAsync(connection, leases[2]);
        await LineProbe.WaitForCountAsync(connection, _name, 3);

        await connection.CallAsync(EtcdMethods.Unlock, new UnlockRequest { Key = holder.Key });
        LockResponse next = await second;
        bool thirdWaits = !third.IsCompleted;

        // The holder dies: its lease ends.
        await LineProbe.RevokeAsync(connection, leases[1]);
        LockResponse last = await third;

        Assert.True(thirdWaits);
        Assert.EndsWith($"/{leases[1]:x}", next.Key.ToStringUtf8(), StringComparison.Ordinal);
        Assert.EndsWith($"/{leases[2]:x}", last.Key.ToStringUtf8(), StringComparison.Ordinal);
        Assert.True(next.Header.Revision > holder.Header.Revision);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_CallerGivesUp_LeavesNoKey(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        await LockAsync(connection, await LineProbe.GrantAsync(connection));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        Task<LockResponse> waiting = connection.CallAsync(
            EtcdMethods.Lock, new LockRequest { Name = LineProbe.Text(_name), Lease = await LineProbe.GrantAsync(connection) }, patience.Token);
        await LineProbe.WaitForCountAsync(connection, _name, 2);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await LineProbe.WaitForCountAsync(connection, _name, 1);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_WithoutALease_GetsOneOfItsOwn(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);

        LockResponse reply = await LockAsync(connection, lease: 0);

        Assert.Matches($"^{_name}/[0-9a-f]+$", reply.Key.ToStringUtf8());
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Lock_UnknownLeaseOrEmptyKey_IsRefusedInEtcdsWords(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);

        RpcException noLease = await Assert.ThrowsAsync<RpcException>(() => LockAsync(connection, 4711));
        RpcException noKey = await Assert.ThrowsAsync<RpcException>(() => connection.CallAsync(EtcdMethods.Unlock, new UnlockRequest()));

        Assert.Equal((RpcStatusCode.Unknown, "etcdserver: requested lease not found"), (noLease.Code, noLease.Message));
        Assert.Equal((RpcStatusCode.Unknown, "etcdserver: key is not provided"), (noKey.Code, noKey.Message));
    }

    // etcd tells it only when the lock becomes free.
    [Fact]
    public async Task Lock_LeaseOfTheWaiterEnds_IsToldAtOnce()
    {
        await using EtcdConnection connection = await servers.ConnectAsync(ServerKind.Ours);
        await LockAsync(connection, await LineProbe.GrantAsync(connection));
        long lease = await LineProbe.GrantAsync(connection);
        Task<LockResponse> waiting = LockAsync(connection, lease);
        await LineProbe.WaitForCountAsync(connection, _name, 2);

        await LineProbe.RevokeAsync(connection, lease);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => waiting);

        Assert.Equal((RpcStatusCode.Unknown, "mutex: session is expired"), (refusal.Code, refusal.Message));
    }

    // The client tries again at another member, with the same lease, and is where it was in the line.
    [Fact]
    public async Task Lock_MemberStopsWhileItWaits_KeepsThePlace()
    {
        using TemporaryDirectory directory = new();
        EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = directory.File("data") }, CancellationToken);
        await using EtcdConnection connection = new(server);
        await LockAsync(connection, await LineProbe.GrantAsync(connection));
        Task<LockResponse> waiting = LockAsync(connection, await LineProbe.GrantAsync(connection));
        await LineProbe.WaitForCountAsync(connection, _name, 2);

        await server.TerminateAsync();
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => waiting);
        await server.DisposeAsync();
        await using EtcdServer again = await EtcdServer.StartAsync(server.Options, CancellationToken);
        await using EtcdConnection after = new(again);

        Assert.Equal(RpcStatusCode.Unavailable, refusal.Code);
        Assert.Equal(2, (await LineProbe.KeysAsync(after, _name)).Count);
    }

    // etcdctl locks by itself, with keys of the same form.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Lock_HeldByTheRealEtcdctl_Waits(ServerKind kind)
    {
        EtcdServer server = await servers.GetAsync(kind);
        await using EtcdConnection connection = new(server);
        await using RunningCommand holder = RunningCommand.Start(new Command(RealEtcd.Ctl("3.5"), ["--endpoints", server.Endpoint, "lock", _name]));
        await holder.Output.WaitForAsync(line => line.StartsWith(_name, StringComparison.Ordinal), TimeSpan.FromSeconds(20), CancellationToken);
        Task<LockResponse> waiting = LockAsync(connection, await LineProbe.GrantAsync(connection));
        await LineProbe.WaitForCountAsync(connection, _name, 2);
        bool waits = !waiting.IsCompleted;

        await holder.TerminateAsync();
        await waiting;

        Assert.True(waits);
        Assert.Single(await LineProbe.KeysAsync(connection, _name));
    }

    // The caller's permissions count, for the key and for the look at the others; who gave up leaves nothing behind even with users on.
    [Fact]
    public async Task Lock_AuthenticationIsOn_FollowsTheCallersPermissions()
    {
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await AuthServer.StartAsync(ServerKind.Ours, directory.File("data"));
        await using Client.EtcdClient root = AuthServer.Client(server, "root", "rootpw");
        await using RpcChannel channel = new(RpcAddress.Parse(server.Endpoint));
        RpcCallOptions alice = await AuthServer.LogInAsync(channel, "alice", "alicepw");
        await LockAsync(channel, "a", alice, CancellationToken);
        RpcException denied = await Assert.ThrowsAsync<RpcException>(() => LockAsync(channel, "z", alice, CancellationToken));
        RpcException nobody = await Assert.ThrowsAsync<RpcException>(() => LockAsync(channel, "a", new RpcCallOptions(), CancellationToken));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        Task<LockResponse> waiting = LockAsync(channel, "a", alice, patience.Token);
        await CountAsync(2);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await CountAsync(1);
        Assert.Equal("etcdserver: permission denied", denied.Message);
        Assert.Equal("etcdserver: user name is empty", nobody.Message);

        async Task CountAsync(int count)
        {
            while ((await root.Kv.GetAsync(Client.KeyRange.Prefix("a/"), cancellationToken: CancellationToken)).Count != count)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken);
            }
        }
    }

    private static Task<LockResponse> LockAsync(
        RpcChannel channel, string name, RpcCallOptions options, CancellationToken cancellationToken) =>
        channel.UnaryAsync(EtcdMethods.Lock, new LockRequest { Name = ByteString.CopyFromUtf8(name) }, options, cancellationToken);

    private Task<LockResponse> LockAsync(EtcdConnection connection, long lease) =>
        connection.CallAsync(EtcdMethods.Lock, new LockRequest { Name = LineProbe.Text(_name), Lease = lease });
}
