using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Clusters;

/// <summary>What clients do, done through every member in turn and seen through every other.</summary>
internal static class ClusterWork
{
    /// <summary>Keys, transactions, leases and watches through every member.</summary>
    public static async Task CheckAllAsync(ProcessCluster cluster, string prefix)
    {
        await CheckKeysAsync(cluster, prefix);
        await CheckTransactionsAsync(cluster, prefix);
        await CheckLeasesAsync(cluster, prefix);
        await CheckWatchesAsync(cluster, prefix);
        await cluster.CheckSameContentAsync();
    }

    private static async Task CheckKeysAsync(ProcessCluster cluster, string prefix)
    {
        foreach (ClusterMember member in cluster.Members)
        {
            string key = $"{prefix}key/{member.Name}";
            await member.PutAsync(key, "written");
            foreach (ClusterMember other in cluster.Members)
            {
                Assert.Equal("written", await other.GetAsync(key));
            }

            await member.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = ClusterMember.Text(key) });
            foreach (ClusterMember other in cluster.Members)
            {
                Assert.Null(await other.GetAsync(key));
            }
        }
    }

    private static async Task CheckTransactionsAsync(ProcessCluster cluster, string prefix)
    {
        string key = $"{prefix}counter";
        await cluster[0].PutAsync(key, "0");
        for (int count = 0; count < cluster.Members.Count; count++)
        {
            TxnResponse reply = await cluster[count].CallAsync(EtcdMethods.Txn, new TxnRequest
            {
                Compare =
                {
                    new Compare
                    {
                        Target = Compare.Types.CompareTarget.Value, Key = ClusterMember.Text(key), Value = ClusterMember.Text($"{count}"),
                    },
                },
                Success = { new RequestOp { RequestPut = new PutRequest { Key = ClusterMember.Text(key), Value = ClusterMember.Text($"{count + 1}") } } },
            });
            Assert.True(reply.Succeeded);
        }
    }

    private static async Task CheckLeasesAsync(ProcessCluster cluster, string prefix)
    {
        foreach (ClusterMember member in cluster.Members)
        {
            LeaseGrantResponse lease = await member.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 60 });
            string key = $"{prefix}lease/{member.Name}";
            await member.CallAsync(EtcdMethods.Put, new PutRequest { Key = ClusterMember.Text(key), Lease = lease.ID });
            foreach (ClusterMember other in cluster.Members)
            {
                LeaseTimeToLiveResponse left = await other.CallAsync(
                    EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = lease.ID, Keys = true });
                Assert.InRange(left.TTL, 1, 60);
                Assert.Equal(key, Assert.Single(left.Keys).ToStringUtf8());
                Assert.Equal(60, await KeepAliveAsync(other, lease.ID));
            }

            await cluster.Members[^1].CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = lease.ID });
            Assert.Null(await member.GetAsync(key));
        }
    }

    private static async Task<long> KeepAliveAsync(ClusterMember member, long lease)
    {
        using RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call = await member.StreamAsync(EtcdMethods.LeaseKeepAlive);
        await call.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, TestContext.Current.CancellationToken);
        Assert.True(await call.MoveNextAsync(TestContext.Current.CancellationToken));
        return call.Current.TTL;
    }

    private static async Task CheckWatchesAsync(ProcessCluster cluster, string prefix)
    {
        var calls = new List<RpcStreamCall<WatchRequest, WatchResponse>>();
        foreach (ClusterMember member in cluster.Members)
        {
            RpcStreamCall<WatchRequest, WatchResponse> call = await member.StreamAsync(EtcdMethods.Watch);
            calls.Add(call);
            await call.WriteAsync(
                new WatchRequest
                {
                    CreateRequest = new WatchCreateRequest
                    {
                        Key = ClusterMember.Text($"{prefix}watch/"),
                        RangeEnd = ClusterMember.Text($"{prefix}watch0"),
                    },
                },
                TestContext.Current.CancellationToken);
            Assert.True(await call.MoveNextAsync(TestContext.Current.CancellationToken) && call.Current.Created);
        }

        foreach (ClusterMember member in cluster.Members)
        {
            await member.PutAsync($"{prefix}watch/{member.Name}", "seen");
        }

        foreach (RpcStreamCall<WatchRequest, WatchResponse> call in calls)
        {
            var seen = new List<string>();
            while (seen.Count < cluster.Members.Count && await call.MoveNextAsync(TestContext.Current.CancellationToken))
            {
                seen.AddRange(call.Current.Events.Select(change => change.Kv.Key.ToStringUtf8()));
            }

            Assert.Equal(cluster.Members.Select(member => $"{prefix}watch/{member.Name}"), seen);
            call.Dispose();
        }
    }
}
