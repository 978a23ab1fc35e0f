using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Elections;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Coordination;

/// <summary>v3electionpb.Election: the same tests against this server and real etcd.</summary>
public sealed class ElectionServiceTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private readonly string _name = $"election-{Guid.NewGuid():N}";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Campaign_Leads_ProclaimsAndResigns(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        long lease = await LineProbe.GrantAsync(connection);

        CampaignResponse won = await CampaignAsync(connection, lease, "one");
        CampaignResponse again = await CampaignAsync(connection, lease, "two");
        LeaderResponse afterSecond = await LeaderAsync(connection);
        await connection.CallAsync(EtcdMethods.Proclaim, new ProclaimRequest { Leader = won.Leader, Value = LineProbe.Text("three") });
        LeaderResponse afterProclaim = await LeaderAsync(connection);
        await connection.CallAsync(EtcdMethods.Resign, new ResignRequest { Leader = won.Leader });
        RpcException none = await Assert.ThrowsAsync<RpcException>(() => LeaderAsync(connection));
        RpcException late = await Assert.ThrowsAsync<RpcException>(
            () => connection.CallAsync(EtcdMethods.Proclaim, new ProclaimRequest { Leader = won.Leader }));
        await connection.CallAsync(EtcdMethods.Resign, new ResignRequest { Leader = won.Leader });

        Assert.Equal((_name, $"{_name}/{lease:x}", lease), (won.Leader.Name.ToStringUtf8(), won.Leader.Key.ToStringUtf8(), won.Leader.Lease));
        Assert.Equal(won.Leader.Rev, again.Leader.Rev);
        Assert.Equal(["two", "three"], [afterSecond.Kv.Value.ToStringUtf8(), afterProclaim.Kv.Value.ToStringUtf8()]);
        Assert.Equal((RpcStatusCode.Unknown, "election: no leader"), (none.Code, none.Message));
        Assert.Equal((RpcStatusCode.Unknown, "election: not leader"), (late.Code, late.Message));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Calls_WithoutLeaderKeyOrWithAnUnknownLease_AreRefused(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);

        RpcException proclaim = await Assert.ThrowsAsync<RpcException>(() => connection.CallAsync(EtcdMethods.Proclaim, new ProclaimRequest()));
        RpcException resign = await Assert.ThrowsAsync<RpcException>(() => connection.CallAsync(EtcdMethods.Resign, new ResignRequest()));
        RpcException campaign = await Assert.ThrowsAsync<RpcException>(() => CampaignAsync(connection, 4712, "x"));

        Assert.Equal((RpcStatusCode.Unknown, "\"leader\" field must be provided"), (proclaim.Code, proclaim.Message));
        Assert.Equal((RpcStatusCode.Unknown, "\"leader\" field must be provided"), (resign.Code, resign.Message));
        Assert.Equal((RpcStatusCode.Unknown, "etcdserver: requested lease not found"), (campaign.Code, campaign.Message));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Observe_LeadersComeAndGo_SeesEachAndWhatItProclaims(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<LeaderRequest, LeaderResponse> observer = await connection.StreamAsync(EtcdMethods.Observe);
        await observer.WriteAsync(new LeaderRequest { Name = LineProbe.Text(_name) }, CancellationToken);
        await observer.CompleteAsync(CancellationToken);
        long[] leases = [await LineProbe.GrantAsync(connection), await LineProbe.GrantAsync(connection)];

        CampaignResponse first = await CampaignAsync(connection, leases[0], "first");
        LeaderResponse seen = await NextAsync(observer);
        Task<CampaignResponse> second = CampaignAsync(connection, leases[1], "second");
        await LineProbe.WaitForCountAsync(connection, _name, 2);
        await connection.CallAsync(EtcdMethods.Proclaim, new ProclaimRequest { Leader = first.Leader, Value = LineProbe.Text("again") });
        LeaderResponse proclaimed = await NextAsync(observer);
        await LineProbe.RevokeAsync(connection, leases[0]);
        LeaderResponse successor = await NextAsync(observer);
        await second;

        Assert.Equal(["first", "again", "second"], [Value(seen), Value(proclaimed), Value(successor)]);
        Assert.Equal(first.Leader.Rev, seen.Kv.CreateRevision);
        Assert.Equal(seen.Header.Revision, seen.Kv.ModRevision);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Campaign_CandidateGivesUp_LeavesNoKey(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        await CampaignAsync(connection, await LineProbe.GrantAsync(connection), "leader");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        Task<CampaignResponse> waiting = connection.CallAsync(
            EtcdMethods.Campaign,
            new CampaignRequest { Name = LineProbe.Text(_name), Lease = await LineProbe.GrantAsync(connection) },
            patience.Token);
        await LineProbe.WaitForCountAsync(connection, _name, 2);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await LineProbe.WaitForCountAsync(connection, _name, 1);
    }

    // Real etcd lets a candidate win whose key has gone with its lease.
    [Fact]
    public async Task Campaign_LeaseOfTheCandidateEnds_DoesNotWin()
    {
        await using EtcdConnection connection = await servers.ConnectAsync(ServerKind.Ours);
        await CampaignAsync(connection, await LineProbe.GrantAsync(connection), "leader");
        long lease = await LineProbe.GrantAsync(connection);
        Task<CampaignResponse> waiting = CampaignAsync(connection, lease, "candidate");
        await LineProbe.WaitForCountAsync(connection, _name, 2);

        await LineProbe.RevokeAsync(connection, lease);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => waiting);

        Assert.Equal((RpcStatusCode.Unknown, "election: session is expired"), (refusal.Code, refusal.Message));
    }

    private static string Value(LeaderResponse reply) => reply.Kv.Value.ToStringUtf8();

    private static async Task<LeaderResponse> NextAsync(RpcStreamCall<LeaderRequest, LeaderResponse> observer) =>
        await observer.MoveNextAsync(CancellationToken) ? observer.Current : throw new EndOfStreamException("the stream of leaders ended");

    private Task<CampaignResponse> CampaignAsync(EtcdConnection connection, long lease, string value) =>
        connection.CallAsync(
            EtcdMethods.Campaign, new CampaignRequest { Name = LineProbe.Text(_name), Lease = lease, Value = LineProbe.Text(value) });

    private Task<LeaderResponse> LeaderAsync(EtcdConnection connection) =>
        connection.CallAsync(EtcdMethods.Leader, new LeaderRequest { Name = LineProbe.Text(_name) });
}
