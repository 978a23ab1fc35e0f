using Etcd.Client;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

#pragma warning disable CA2016 // The lines are those of the page, which shows no token.

namespace Etcd.Interop.Documentation;

/// <summary>The lines of C# that stand in docs/api.md, in code that is compiled and run. A test holds the page against this file.</summary>
internal static class ClientExamples
{
    public static async Task KeysAsync(EtcdClient client)
    {
        await client.Kv.PutAsync("foo", "bar");
        Assert.Equal("bar", (await client.Kv.GetAsync("foo")).Kvs[0].Value.ToStringUtf8());
        await client.Kv.GetAsync(KeyRange.Prefix("fo"));
        long pieces = 0;
        await foreach (RangeResponse piece in client.Kv.GetStreamAsync(KeyRange.Prefix("fo")))
        {
            pieces += piece.Kvs.Count;
        }

        Assert.Equal(1, pieces);
        await client.Kv.Transaction().If(Conditions.Exists("foo")).Then(Operations.Put("foo", "baz")).Else(Operations.Get("foo")).CommitAsync();
        Assert.Equal("baz", (await client.Kv.GetAsync("foo")).Kvs[0].Value.ToStringUtf8());
        Assert.Equal(1, (await client.Kv.DeleteAsync("foo")).Deleted);
        await client.Kv.CompactAsync(3);
    }

    public static async Task WatchesAndLeasesAsync(EtcdClient client, CancellationToken stop)
    {
        Task<bool> isSeen = Task.Run(
            async () =>
            {
                await foreach (WatchResponse change in client.Watch.WatchAsync("foo", cancellationToken: stop))
                {
                    if (change.Events.Count > 0)
                    {
                        return true;
                    }
                }

                return false;
            },
            stop);
        while (!isSeen.IsCompleted)
        {
            await client.Kv.PutAsync("foo", "bar", cancellationToken: stop);
        }

        Assert.True(await isSeen);
        LeaseGrantResponse lease = await client.Leases.GrantAsync(60);
        await foreach (LeaseKeepAliveResponse _ in client.Leases.KeepAliveAsync(lease.ID, stop))
        {
            break;
        }

        await client.Leases.TimeToLiveAsync(lease.ID, withKeys: true);
        await client.Leases.ListAsync();
        await client.Leases.RevokeAsync(lease.ID);
    }

    public static async Task MembersAsync(EtcdClient client)
    {
        await client.Cluster.AddMemberAsync(["http://10.0.0.4:2380"], isLearner: true);
        MemberListResponse members = await client.Cluster.MembersAsync();
        ulong id = members.Members.Single(member => member.IsLearner).ID;
        await client.Cluster.UpdateMemberAsync(id, ["http://10.0.0.5:2380"]);
        await Assert.ThrowsAsync<Grpc.RpcException>(async () =>
        {
            await client.Cluster.PromoteMemberAsync(id);
        });
        await Assert.ThrowsAsync<Grpc.RpcException>(async () =>
        {
            await client.Maintenance.MoveLeaderAsync(id);
        });
        await client.Cluster.RemoveMemberAsync(id);
        await client.Cluster.MembersAsync();
    }

    public static async Task MaintenanceAsync(EtcdClient client, Stream stream)
    {
        await client.Maintenance.StatusAsync();
        AlarmResponse raised = await client.Maintenance.AlarmsAsync();
        Assert.Empty(raised.Alarms);
        await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
        {
            await client.Maintenance.DisarmAsync(raised.Alarms[0]);
        });
        await client.Maintenance.DefragmentAsync();
        Assert.NotEqual(0u, (await client.Maintenance.HashKvAsync()).Hash);
        await client.Maintenance.SaveSnapshotAsync(stream);
        await client.Maintenance.DowngradeAsync(DowngradeRequest.Types.DowngradeAction.Validate, "3.4");
    }

    public static async Task CoordinationAsync(EtcdClient client, CancellationToken stop)
    {
        await using (HeldLock first = await client.Locks.AcquireAsync("my"))
        {
            Assert.Equal(1, (await client.Kv.GetAsync(first.Key)).Count);
        }

        await using HeldLock held = await client.Locks.AcquireAsync("my");
        await using Leadership leads = await client.Elections.CampaignAsync("e", "me");
        await leads.ProclaimAsync("more");
        Assert.Equal("more", (await client.Elections.LeaderAsync("e"))!.Value.ToStringUtf8());
        await foreach (LeaderResponse leader in client.Elections.ObserveAsync("e", stop))
        {
            Assert.Equal("more", leader.Kv.Value.ToStringUtf8());
            break;
        }
    }

    public static async Task UsersAsync(EtcdClient client, string endpoint)
    {
        await client.Auth.AddUserAsync("root", "secret");
        await client.Auth.ChangePasswordAsync("root", "secret");
        await client.Auth.AddRoleAsync("root");
        await client.Auth.GrantRoleAsync("root", "root");
        Assert.Equal(["root"], (await client.Auth.UserAsync("root")).Roles);
        Assert.Equal(["root"], (await client.Auth.UsersAsync()).Users);
        await client.Auth.AddRoleAsync("reader");
        await client.Auth.GrantPermissionAsync("reader", new Permission { PermType = Permission.Types.Type.Read, Key = ByteString.CopyFromUtf8("foo") });
        Assert.Single((await client.Auth.RoleAsync("reader")).Perm);
        await client.Auth.RevokePermissionAsync("reader", "foo");
        Assert.Equal(["reader", "root"], (await client.Auth.RolesAsync()).Roles);
        await client.Auth.DeleteRoleAsync("reader");
        await client.Auth.EnableAsync();
        await using (var known = new EtcdClient(
            new EtcdClientOptions { Endpoints = [endpoint], User = "root", Password = "secret" }))
        {
            Assert.True((await known.Auth.StatusAsync()).Enabled);
            await DisableAsync(known);
        }

        Assert.False((await client.Auth.StatusAsync()).Enabled);
        await client.Auth.RevokeRoleAsync("root", "root");
        await client.Auth.DeleteUserAsync("root");
    }

    private static async Task DisableAsync(EtcdClient client)
    {
        await client.Auth.DisableAsync();
    }
}
