using System.Security.Cryptography;

using Etcd.Grpc;
using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Auth;

/// <summary>Authentication in clusters of this server and real etcd: every member counts the same changes, knows the same users, takes the tokens of
/// the others, and decides alike.</summary>
public class MixedAuthTests
{
    private const int Limit = 55_000;
    private const Permission.Types.Type Unknown = (Permission.Types.Type)9;

    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, ServerKind.Real34)]
    public async Task Members_OfDifferentKinds_KeepTheSameUsersAndDecideAlike(ServerKind one, ServerKind two, ServerKind three)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(one, two, three);
        await AgreeOnAVersionAsync(cluster);
        await SetUpAsync(cluster);
        foreach (ClusterMember leader in cluster.Members)
        {
            await cluster.MoveLeaderAsync(leader);
            foreach (ClusterMember member in cluster.Members)
            {
                await CheckAsync(cluster, member, $"a/{leader.Name}/{member.Name}");
            }

            // Every change through another member, and seen through all. Real 3.5 leaves members of 3.4 with an empty password.
            if (leader.Kind != ServerKind.Real35 || !Has34(cluster))
            {
                await ChangePasswordsAsync(cluster, leader);
            }
        }

        await CheckSameStateAsync(cluster);
    }

    // #14571: a member that is caught up by a snapshot decides by the users in it, whoever has sent it.
    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    public async Task Incident14571_CaughtUpByASnapshotOfTheOtherKind_KnowsTheUsersInIt(ServerKind leading, ServerKind lagging)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithShortLogsAsync(leading, lagging, leading);
        ClusterMember leader = cluster[0];
        await cluster.MoveLeaderAsync(leader);
        await cluster[1].KillAsync();
        await SetUpAsync(cluster);
        for (int i = 0; i < 400; i++)
        {
            await leader.PutAsync("filler", $"{i}");
        }

        cluster.Launch(cluster[1]);
        await ClusterMember.UntilAsync(() => CanLogInAsync(cluster[1]));

        await CheckAsync(cluster, cluster[1], "a/behind");
        await CheckSameStateAsync(cluster);
        Assert.Contains("received and saved database snapshot", cluster[1].Process.Log.Text, StringComparison.Ordinal);
    }

    // One member of three has never run, so the members cannot agree on a version. This server then made tokens as 3.4 does, which real 3.5 does not take:
    // "invalid auth token".
    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Token_MembersHaveNotAgreedOnAVersion_IsGoodAtRealEtcd()
    {
        await using ProcessCluster cluster = ProcessCluster.Create(ServerKind.Real35, ServerKind.Ours, ServerKind.Ours);
        ClusterMember[] members = [cluster[0], cluster[1]];
        Array.ForEach(members, member => cluster.Launch(member));
        await Task.WhenAll(members.Select(member => member.WaitUntilReadyAsync()));
        await AgreeOnAVersionAsync(members, "3.0.0");
        await SetUpAsync(cluster);

        string alice = await LogInAsync(cluster[1], "alice", "alicepw");
        await cluster[0].GetAsync("x");
        await PutAsync(cluster[0], alice, "a", "written");

        await AgreeOnAVersionAsync(members, "3.0.0");
    }

    // Nothing of a signed token is kept by members: it is good wherever the key is known.
    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task SignedToken_OfEachKind_IsGoodAtTheOther()
    {
        using var directory = new TemporaryDirectory();
        using var key = RSA.Create(2048);
        (string signing, string verifying) = (directory.File("jwt.key"), directory.File("jwt.pub"));
        await File.WriteAllTextAsync(signing, key.ExportRSAPrivateKeyPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(verifying, key.ExportSubjectPublicKeyInfoPem(), TestContext.Current.CancellationToken);
        await using ProcessCluster cluster = await ProcessCluster.StartWithFlagsAsync(
            ["--auth-token", $"jwt,sign-method=RS256,pub-key={verifying},priv-key={signing},ttl=10m", "--bcrypt-cost", "4"],
            ServerKind.Ours,
            ServerKind.Real35);
        await AgreeOnAVersionAsync(cluster);
        await SetUpAsync(cluster);

        foreach ((ClusterMember maker, ClusterMember other) in new[] { (cluster[0], cluster[1]), (cluster[1], cluster[0]) })
        {
            await maker.GetAsync("x");
            string alice = await LogInAsync(maker, "alice", "alicepw");
            string[] parts = alice.Split('.');
            string forged = $"{parts[0]}.{parts[1]}.{(await LogInAsync(maker, "root", "rootpw")).Split('.')[2]}";

            await PutAsync(other, alice, $"a/{maker.Name}", "written");
            Assert.Equal(RpcStatusCode.PermissionDenied, await RefusedAsync(PutAsync(other, alice, "b/other", "1")));
            Assert.Equal(RpcStatusCode.Unauthenticated, await RefusedAsync(PutAsync(other, forged, $"a/{maker.Name}", "forged")));
        }
    }

    // What a change of the version does to users that are added meanwhile is not of interest here.
    private static Task AgreeOnAVersionAsync(ProcessCluster cluster) => AgreeOnAVersionAsync(cluster.Members, Has34(cluster) ? "3.4.0" : "3.5.0");

    private static Task AgreeOnAVersionAsync(IEnumerable<ClusterMember> members, string expected) => ClusterMember.UntilAsync(async () =>
    {
        using var http = new HttpClient();
        string[] versions = await Task.WhenAll(members.Select(member => http.GetStringAsync(new Uri($"http://127.0.0.1:{member.ClientPort}/version"))));
        return versions.All(version => version.Contains($"\"etcdcluster\":\"{expected}\"", StringComparison.Ordinal));
    });

    private static async Task SetUpAsync(ProcessCluster cluster)
    {
        ClusterMember[] via = [.. cluster.Members.Where(member => member.IsRunning)];
        await via[0].CallAsync(AuthMethods.UserAdd, new AuthUserAddRequest { Name = "root", Password = "rootpw" });
        await via[^1].CallAsync(AuthMethods.UserAdd, new AuthUserAddRequest { Name = "alice", Password = "alicepw" });
        await via[0].CallAsync(AuthMethods.RoleAdd, new AuthRoleAddRequest { Name = "a" });
        await via[^1].CallAsync(AuthMethods.RoleAdd, new AuthRoleAddRequest { Name = "root" });
        await via[0].CallAsync(AuthMethods.RoleGrantPermission, Grant(Permission.Types.Type.Readwrite, "a", "b"));
        await via[0].CallAsync(AuthMethods.RoleGrantPermission, Grant(Unknown, "x", "y"));
        await via[^1].CallAsync(AuthMethods.RoleGrantPermission, Grant(Unknown, "z", ""));
        await via[0].CallAsync(AuthMethods.UserGrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await via[^1].CallAsync(AuthMethods.UserGrantRole, new AuthUserGrantRoleRequest { User = "alice", Role = "a" });
        await via[0].CallAsync(AuthMethods.Enable, new AuthEnableRequest());
        foreach (ClusterMember member in via)
        {
            member.Token = await LogInAsync(member, "root", "rootpw");
        }
    }

    private static AuthRoleGrantPermissionRequest Grant(Permission.Types.Type kind, string key, string rangeEnd) => new()
    {
        Name = "a",
        Perm = new Permission { PermType = kind, Key = ClusterMember.Text(key), RangeEnd = ClusterMember.Text(rangeEnd) },
    };

    private static async Task CheckAsync(ProcessCluster cluster, ClusterMember member, string key)
    {
        string alice = await LogInAsync(member, "alice", "alicepw");
        await PutAsync(member, alice, key, "written");
        foreach (ClusterMember other in cluster.Members)
        {
            // The login is an entry of the log: whoever has answered a confirmed read knows the token.
            await other.GetAsync("x");
            string token = TakesTokensOf(cluster, member, other) ? alice : await LogInAsync(other, "alice", "alicepw");
            RangeResponse seen = await other.CallAsync(EtcdMethods.Range, new RangeRequest { Key = ClusterMember.Text(key) }, token: token);
            Assert.Equal("written", Assert.Single(seen.Kvs).Value.ToStringUtf8());
            Assert.Equal(RpcStatusCode.PermissionDenied, await RefusedAsync(PutAsync(other, token, "b/other", "1")));
            Assert.Equal(RpcStatusCode.PermissionDenied, await RefusedAsync(PutAsync(other, token, "x", "unknown kind of permission")));
        }

        foreach (string wrong in new[] { "", "wrong", "rootpw" })
        {
            Assert.Equal(RpcStatusCode.InvalidArgument, await RefusedAsync(LogInAsync(member, "alice", wrong)));
        }

        Assert.Equal(RpcStatusCode.InvalidArgument, await RefusedAsync(PutAsync(member, "", key, "nobody")));
    }

    // Real 3.4 and 3.5 do not take each other's tokens: they number them differently. This server takes both, and makes those of 3.4 while the
    // cluster has such members.
    private static bool TakesTokensOf(ProcessCluster cluster, ClusterMember maker, ClusterMember other)
    {
        ServerKind form = maker.Kind != ServerKind.Ours ? maker.Kind : Has34(cluster) ? ServerKind.Real34 : ServerKind.Real35;
        return other.Kind == ServerKind.Ours || other.Kind == form;
    }

    private static bool Has34(ProcessCluster cluster) => cluster.Members.Any(member => member.Kind == ServerKind.Real34);

    private static async Task ChangePasswordsAsync(ProcessCluster cluster, ClusterMember via)
    {
        await via.CallAsync(AuthMethods.UserChangePassword, new AuthUserChangePasswordRequest { Name = "alice", Password = "other" });
        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Equal(RpcStatusCode.InvalidArgument, await RefusedAsync(LogInAsync(member, "alice", "alicepw")));
            await LogInAsync(member, "alice", "other");
        }

        await via.CallAsync(AuthMethods.UserChangePassword, new AuthUserChangePasswordRequest { Name = "alice", Password = "alicepw" });
    }

    private static async Task CheckSameStateAsync(ProcessCluster cluster)
    {
        var revisions = new List<ulong>();
        var hashes = new List<(uint Hash, long Compacted)>();
        long revision = 0;
        foreach (ClusterMember member in cluster.Members)
        {
            AuthRoleGetResponse role = await member.CallAsync(AuthMethods.RoleGet, new AuthRoleGetRequest { Role = "a" });
            Assert.Equal(["a", "x", "z"], role.Perm.Select(permission => permission.Key.ToStringUtf8()));
            Assert.Equal([Permission.Types.Type.Readwrite, Unknown, Unknown], role.Perm.Select(permission => permission.PermType));
            revision = Math.Max(revision, role.Header.Revision);
            if (member.Kind == ServerKind.Ours || !Has34(cluster))
            {
                // 3.4 has no such call, and ends on the entry that real 3.5 makes of it.
                revisions.Add((await member.CallAsync(AuthMethods.Status, new AuthStatusRequest())).AuthRevision);
            }
        }

        foreach (ClusterMember member in cluster.Members)
        {
            HashKVResponse hash = await member.CallAsync(EtcdMethods.HashKv, new HashKVRequest { Revision = revision });
            hashes.Add((hash.Hash, hash.CompactRevision));
        }

        Assert.Single(revisions.Distinct());
        Assert.Single(hashes.Distinct());
    }

    private static async Task<bool> CanLogInAsync(ClusterMember member)
    {
        try
        {
            member.Token = await LogInAsync(member, "root", "rootpw");
            return true;
        }
        catch (RpcException)
        {
            // Not up yet.
            return false;
        }
    }

    private static async Task<string> LogInAsync(ClusterMember member, string user, string password) =>
        (await member.CallAsync(AuthMethods.Authenticate, new AuthenticateRequest { Name = user, Password = password }, token: "")).Token;

    private static Task<PutResponse> PutAsync(ClusterMember member, string token, string key, string value) =>
        member.CallAsync(EtcdMethods.Put, new PutRequest { Key = ClusterMember.Text(key), Value = ClusterMember.Text(value) }, token: token);

    private static async Task<RpcStatusCode> RefusedAsync(Task call) => (await Assert.ThrowsAsync<RpcException>(() => call)).Code;
}
