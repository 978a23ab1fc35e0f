using Etcd.Grpc;
using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Observability;

/// <summary>etcd's public alert rules and dashboard work unchanged: what they look at is there and moves.</summary>
public sealed class MonitoringTests
{
    private static readonly RpcCallOptions Bounded = new() { Timeout = TimeSpan.FromSeconds(20) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_UnderLoadAndWithoutQuorum_MovesWhatAlertsAndDashboardLookAt()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(
            ["--metrics=extensive"], ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        (ClusterMember first, ClusterMember second, ClusterMember leader) = await cluster.WaitForRolesAsync();
        MetricsPage before = await MetricsPage.ReadAsync(leader.Process.Endpoint);
        Assert.All(
            MonitoredSeries.AlwaysThere.Concat(MonitoredSeries.MovedByElection).Concat(MonitoredSeries.MovedByLostQuorum),
            series => Assert.True(before.Series(series.Name, series.Labels).Any(), $"{series} is not there"));

        await LoadAsync(leader.Process);

        await AllMoveAsync(before, leader.Process, MonitoredSeries.MovedByLoad);

        before = await MetricsPage.ReadAsync(leader.Process.Endpoint);
        await cluster.MoveLeaderAsync(first);
        await AllMoveAsync(before, leader.Process, MonitoredSeries.MovedByElection);

        (first, second, leader) = await cluster.WaitForRolesAsync();
        before = await MetricsPage.ReadAsync(leader.Process.Endpoint);
        await first.Process.KillAsync();
        await second.Process.KillAsync();
        await using (var channel = new RpcChannel(RpcAddress.Parse(leader.Process.Endpoint)))
        {
            await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EtcdMethods.Put, Put("a", 1), Bounded, Cancellation));
        }

        await AllMoveAsync(before, leader.Process, MonitoredSeries.MovedByLostQuorum);
    }

    private static async Task AllMoveAsync(MetricsPage before, EtcdServer server, IReadOnlyList<MonitoredSeries> wanted)
    {
        List<MonitoredSeries> still = [];
        for (int attempt = 0; attempt < 100; attempt++)
        {
            MetricsPage now = await MetricsPage.ReadAsync(server.Endpoint);
            still = [.. wanted.Where(series => now.Sum(series.Name, series.Labels) == before.Sum(series.Name, series.Labels))];
            if (still.Count == 0)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancellation);
        }

        Assert.Empty(still);
    }

    private static async Task LoadAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        using (RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch))
        using (RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive = await connection.StreamAsync(EtcdMethods.LeaseKeepAlive))
        {
            await watch.WriteAsync(
                new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k") } }, Cancellation);
            Assert.True(await watch.MoveNextAsync(Cancellation));
            await keepAlive.WriteAsync(new LeaseKeepAliveRequest { ID = 1 }, Cancellation);
            Assert.True(await keepAlive.MoveNextAsync(Cancellation));
            for (int put = 0; put < 200; put++)
            {
                await connection.CallAsync(EtcdMethods.Put, Put($"k{put}", 4096));
            }
        }

        await Assert.ThrowsAsync<RpcException>(
            () => connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = long.MaxValue }));
    }

    private static PutRequest Put(string key, int valueBytes) =>
        new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFrom(new byte[valueBytes]) };
}
