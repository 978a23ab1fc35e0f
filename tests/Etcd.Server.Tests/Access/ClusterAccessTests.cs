using System.Text;

using Etcd.Auth;
using Etcd.Disk;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Tests.Clusters;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Access;

public sealed class ClusterAccessTests
{
    // A token is made by the log: whichever member it is shown to knows it, or waits until it does.
    [Fact]
    public async Task Token_OfOneMember_IsGoodAtTheOthers()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        await AuthMember.SetUpAsync(leader.Server);

        // A member that has not applied the switch yet asks for no token at all.
        await TestCluster.UntilAsync(() => cluster.Members.All(member => member.Server.Access.IsNeeded));
        foreach (ClusterMember asked in cluster.Members)
        {
            string token = await LogInAsync(asked.Server);
            foreach (ClusterMember shown in cluster.Members)
            {
                Caller alice = await shown.Server.Access.RecogniseAsync(token, null, CancellationToken.None);
                Assert.Equal("alice", alice.UserName);
                await shown.Server.KeyValues.PutAsync(Put("a"), alice);
                Assert.Equal(
                    EtcdErrorCode.PermissionDenied,
                    await AuthMember.RefusedAsync(async () => await shown.Server.KeyValues.PutAsync(Put("b"), alice)));
            }
        }
    }

    // Incident #14571: auth data was not read again after a snapshot, and members decided differently.
    [Fact]
    public async Task Incident14571_MemberCaughtUpByASnapshot_KnowsTheUsersInIt()
    {
        await using TestCluster cluster = await StartAsync();
        ClusterMember late = await cluster.FollowerAsync();
        await late.KillAsync();
        ClusterMember leader = await cluster.LeaderAsync();
        await AuthMember.SetUpAsync(leader.Server);
        Caller alice = await leader.Server.Access.RecogniseAsync(await LogInAsync(leader.Server), null, CancellationToken.None);
        for (int write = 0; write < 200; write++)
        {
            await leader.Server.KeyValues.PutAsync(Put("a"), alice);
        }

        await late.StartAsync();
        await TestCluster.UntilAsync(() => late.Server.Access.IsNeeded);

        Assert.Equal(leader.Server.Access.Rules.Revision, late.Server.Access.Rules.Revision);
        Assert.Equal(leader.Server.Access.Rules.Users.Keys, late.Server.Access.Rules.Users.Keys);
        Assert.Equal(
            EtcdErrorCode.UserEmpty,
            await AuthMember.RefusedAsync(async () => await late.Server.KeyValues.PutAsync(Put("a"))));
        Caller there = await late.Server.Access.RecogniseAsync(await LogInAsync(late.Server), null, CancellationToken.None);
        await late.Server.KeyValues.PutAsync(Put("a"), there);
    }

    // The version is then that of no member: it had been taken for one of 3.4, for which the plain password was put in the log.
    [Fact]
    public async Task Password_MembersHaveNotAgreedOnAVersion_IsInNoFile()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, started: 2, static options => options with { BcryptCost = Bcrypt.CostMin });
        ClusterMember leader = await cluster.LeaderAsync();
        await TestCluster.UntilAsync(() => leader.Server.Cluster.View.ClusterVersion == "3.0.0");
        await AuthMember.SetUpAsync(leader.Server);
        var change = new AuthUserChangePasswordRequest { Name = "alice", Password = "changedpw" };
        string token = await LogInAsync(leader.Server);
        Caller root = await leader.Server.Access.RecogniseAsync(
            (await leader.Server.Auth.AuthenticateAsync(
                new AuthenticateRequest { Name = "root", Password = "rootpw" }, "test", CancellationToken.None)).Token,
            null,
            CancellationToken.None);
        await leader.Server.Auth.ChangePasswordAsync(change, root, CancellationToken.None);

        Assert.Equal("3.0.0", leader.Server.Cluster.View.ClusterVersion);
        Assert.NotEmpty(token);
        foreach (string password in (string[])["rootpw", "alicepw", "changedpw"])
        {
            Assert.Empty(FilesWith(leader.Disk, password));
        }

        Assert.NotEmpty(FilesWith(leader.Disk, "alice"));
    }

    private static List<string> FilesWith(SimulatedFileSystem disk, string text)
    {
        var found = new List<string>();
        var directories = new Queue<string>(["/data"]);
        while (directories.TryDequeue(out string? directory))
        {
            foreach (string path in disk.List(directory).Select(name => $"{directory}/{name}"))
            {
                if (disk.DirectoryExists(path))
                {
                    directories.Enqueue(path);
                    continue;
                }

                using IFile file = disk.Open(path, FileOpening.Read);
                byte[] bytes = new byte[file.Length];
                file.Read(bytes, 0);
                if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)
                {
                    found.Add(path);
                }
            }
        }

        return found;
    }

    private static Task<TestCluster> StartAsync() => TestCluster.StartAsync(
        3, options => options with { SnapshotCount = 20, SnapshotCatchUpEntries = 5, BcryptCost = Bcrypt.CostMin });

    private static PutRequest Put(string key) => new() { Key = ByteString.CopyFromUtf8(key) };

    private static async Task<string> LogInAsync(EtcdServer server) => (await server.Auth.AuthenticateAsync(
        new AuthenticateRequest { Name = "alice", Password = "alicepw" }, "test", CancellationToken.None)).Token;
}
