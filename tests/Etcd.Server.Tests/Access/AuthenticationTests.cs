using System.Text;

using Etcd.Auth;
using Etcd.Disk;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Tests.Pumps;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Access;

public sealed class AuthenticationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LogIn_RightPassword_GivesATokenThatNamesTheUser()
    {
        await using AuthMember member = await AuthMember.StartAsync();

        string token = await member.TokenAsync("alice", "alicepw");

        Assert.Matches("^[a-zA-Z]{16}\\.[0-9]+$", token);
        Assert.Equal("alice", (await member.CallerAsync(token)).UserName);
    }

    [Fact]
    public async Task LogIn_WrongPasswordStrangerOrNoPasswordUser_IsToldTheSame()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        Caller root = await member.LogInAsync("root", "rootpw");
        await member.Server.Auth.AddUserAsync(
            new AuthUserAddRequest { Name = "cert", Options = new UserAddOptions { NoPassword = true } }, root, CancellationToken.None);

        Assert.Equal(EtcdErrorCode.AuthFailed, await AuthMember.RefusedAsync(() => member.TokenAsync("alice", "alicepW")));
        Assert.Equal(EtcdErrorCode.AuthFailed, await AuthMember.RefusedAsync(() => member.TokenAsync("nobody", "alicepw")));
        Assert.Equal(EtcdErrorCode.AuthFailed, await AuthMember.RefusedAsync(() => member.TokenAsync("cert", "")));
        Assert.Equal(EtcdErrorCode.AuthFailed, await AuthMember.RefusedAsync(() => member.TokenAsync("", "")));
    }

    [Fact]
    public async Task LogIn_AuthenticationOff_IsRefused()
    {
        await using AuthMember member = await AuthMember.StartAsync(enabled: false);

        Assert.Equal(EtcdErrorCode.AuthNotEnabled, await AuthMember.RefusedAsync(() => member.TokenAsync("root", "rootpw")));
    }

    // 2020 audit: no limit on the rate of log-ins.
    [Fact]
    public async Task LogIn_TooManyFailuresFromOneSource_MustWaitEvenWithTheRightPassword()
    {
        var time = new ManualTimeProvider();
        await using AuthMember member = await AuthMember.StartAsync(
            options: AuthMember.Options with { LoginFailuresMax = 3, LoginFailureRefill = TimeSpan.FromSeconds(1) }, time: time);
        for (int failure = 0; failure < 3; failure++)
        {
            Assert.Equal(EtcdErrorCode.AuthFailed, await AuthMember.RefusedAsync(() => member.TokenAsync("alice", "guess", "10.1.1.1")));
        }

        Assert.Equal(EtcdErrorCode.TooManyRequests, await AuthMember.RefusedAsync(() => member.TokenAsync("alice", "alicepw", "10.1.1.1")));
        await member.TokenAsync("alice", "alicepw", "10.1.1.2");
        time.Advance(TimeSpan.FromSeconds(1));
        await member.TokenAsync("alice", "alicepw", "10.1.1.1");
    }

    // A password takes a core tens of milliseconds: as part of apply, as in the loop, it would hold up everybody.
    [Fact]
    public async Task LogIn_PasswordIsBeingChecked_ApplyGoesOn()
    {
        using var execution = new HoldingExecution();
        await using AuthMember member = await AuthMember.StartAsync(execution: execution);
        Caller alice = await member.LogInAsync("alice", "alicepw");
        execution.HoldWork();
        Task<string> login = Task.Run(() => member.TokenAsync("alice", "alicepw"), Cancellation);
        await execution.WorkIsHeld.WaitAsync(Patience, Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(put => member.PutAsync($"a{put}", "v", alice))).WaitAsync(Patience, Cancellation);

        Assert.Equal("v", await member.GetAsync("a19", alice).WaitAsync(Patience, Cancellation));
        Assert.False(login.IsCompleted);
        execution.ReleaseWork();
        Assert.Equal("alice", (await member.CallerAsync(await login)).UserName);
    }

    [Fact]
    public async Task Token_UnknownForgedOrFarAhead_IsInvalid()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        foreach (string token in (string[])["", "x", "aaaaaaaaaaaaaaaa.1", "aaaaaaaaaaaaaaaa.99999999", "a.b.c"])
        {
            Assert.Equal(EtcdErrorCode.InvalidAuthToken, await AuthMember.RefusedAsync(() => member.CallerAsync(token)));
        }
    }

    [Fact]
    public async Task Token_AuthenticationTurnedOffAndOn_IsInvalid()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        string token = await member.TokenAsync("root", "rootpw");
        await member.Server.Auth.DisableAsync(new AuthDisableRequest(), await member.CallerAsync(token));
        Assert.True((await member.CallerAsync(token)).IsAnonymous);
        await member.Server.Auth.EnableAsync(new AuthEnableRequest(), default);

        Assert.Equal(EtcdErrorCode.InvalidAuthToken, await AuthMember.RefusedAsync(() => member.CallerAsync(token)));
    }

    [Fact]
    public async Task Keys_AreOpenToWhomTheRulesSay()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        Caller alice = await member.LogInAsync("alice", "alicepw");
        Caller root = await member.LogInAsync("root", "rootpw");

        await member.PutAsync("a1", "v", alice);
        Assert.Equal("v", await member.GetAsync("a1", alice));
        Assert.Equal(EtcdErrorCode.PermissionDenied, await AuthMember.RefusedAsync(() => member.PutAsync("b", "v", alice)));
        Assert.Equal(EtcdErrorCode.PermissionDenied, await AuthMember.RefusedAsync(() => member.GetAsync("b", alice)));
        Assert.Equal(EtcdErrorCode.UserEmpty, await AuthMember.RefusedAsync(() => member.PutAsync("a1", "v", Caller.Anonymous)));
        Assert.Equal(EtcdErrorCode.UserEmpty, await AuthMember.RefusedAsync(() => member.GetAsync("a1", Caller.Anonymous)));
        await member.PutAsync("b", "v", root);
        Assert.Equal("v", await member.GetAsync("b", root));
    }

    // What is refused before it is proposed costs the log nothing.
    [Fact]
    public async Task Anonymous_FloodOfWrites_DoesNotReachTheLog()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        ulong before = member.Server.Maintenance.Status().RaftIndex;
        for (int write = 0; write < 20; write++)
        {
            await AuthMember.RefusedAsync(() => member.PutAsync("a", "v", Caller.Anonymous));
        }

        Assert.Equal(before, member.Server.Maintenance.Status().RaftIndex);
    }

    // The rules that were asked under are the ones that count where the entry is applied.
    [Fact]
    public async Task Caller_FromBeforeAChangeOfRules_MustComeAgain()
    {
        await using AuthMember member = await AuthMember.StartAsync();
        string token = await member.TokenAsync("alice", "alicepw");
        Caller before = await member.CallerAsync(token);
        await member.AddUserAsync("bob", "bobpw", await member.LogInAsync("root", "rootpw"));

        Assert.Equal(EtcdErrorCode.AuthOldRevision, await AuthMember.RefusedAsync(() => member.PutAsync("a", "v", before)));
        Assert.Equal(EtcdErrorCode.AuthOldRevision, await AuthMember.RefusedAsync(() => member.GetAsync("a", before)));
        await member.PutAsync("a", "v", await member.CallerAsync(token));
    }

    [Fact]
    public async Task Lease_ExpiresUnderAuthentication()
    {
        var time = new ManualTimeProvider();
        await using AuthMember member = await AuthMember.StartAsync(time: time);
        Caller alice = await member.LogInAsync("alice", "alicepw");
        LeaseGrantResponse lease = await member.Server.Leases.GrantAsync(new LeaseGrantRequest { TTL = 10 }, alice);
        await member.Server.KeyValues.PutAsync(
            new PutRequest { Key = ByteString.CopyFromUtf8("a"), Lease = lease.ID }, alice);

        for (int second = 0; second < 60 && await member.GetAsync("a", alice) is not null; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));

            // The member's own threads see the clock when they run next; nothing tells when they have.
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Null(await member.GetAsync("a", alice));
    }

    [Fact]
    public async Task Restart_KeepsUsersRulesAndAuthentication()
    {
        var disk = new SimulatedFileSystem();
        ulong revision;
        await using (AuthMember first = await AuthMember.StartAsync(disk))
        {
            revision = first.Server.Access.Rules.Revision;
        }

        await using AuthMember second = await AuthMember.StartAsync(disk, enabled: false);

        Assert.True(second.Server.Access.IsNeeded);
        Assert.Equal(revision, second.Server.Access.Rules.Revision);
        Caller alice = await second.LogInAsync("alice", "alicepw");
        await second.PutAsync("a", "v", alice);
        Assert.Equal(EtcdErrorCode.UserEmpty, await AuthMember.RefusedAsync(() => second.GetAsync("a", Caller.Anonymous)));
    }

    // An entry that an earlier release has let into the log: every start died of it, when the commit met a key that no file can hold.
    [Fact]
    public async Task Restart_NameBeyondTheBoundInTheLog_IsRefusedAndTheMemberServes()
    {
        string name = new('n', AuthName.BytesMax + 1);
        var disk = new SimulatedFileSystem();
        SimulatedFileSystem afterwards;
        await using (AuthMember first = await AuthMember.StartAsync(
            disk, AuthMember.Options with { BackendBatchInterval = TimeSpan.FromHours(1) }, enabled: false))
        {
            var user = new AuthUserAddRequest { Name = name, Options = new UserAddOptions { NoPassword = true } };
            Proposals log = first.Server.Proposals;
            Assert.Equal(
                EtcdErrorCode.RequestTooLarge,
                await AuthMember.RefusedAsync(async () => await log.ProposeAsync(new InternalRaftRequest { AuthUserAdd = user })));
            Assert.Equal(
                EtcdErrorCode.RequestTooLarge,
                await AuthMember.RefusedAsync(
                    async () => await log.ProposeAsync(new InternalRaftRequest { AuthRoleAdd = new AuthRoleAddRequest { Name = name } })));
            await first.PutAsync("a", "before", Caller.Anonymous);

            // What the backend has not committed is applied again from the log.
            afterwards = disk.AfterPowerLoss(seed: 1);
        }

        await using AuthMember second = await AuthMember.StartAsync(afterwards, enabled: false);

        Assert.Equal("before", await second.GetAsync("a", Caller.Anonymous));
        await second.PutAsync("a", "after", Caller.Anonymous);
        Assert.Empty((await second.Server.Auth.ListUsersAsync(new AuthUserListRequest(), Caller.Anonymous, CancellationToken.None)).Users);
    }

    [Fact]
    public async Task Add_NameTooLongOrNoUtf8_IsRefusedBeforeTheLog()
    {
        await using AuthMember member = await AuthMember.StartAsync(enabled: false);
        string longest = new('n', AuthName.BytesMax);
        await member.AddUserAsync(longest, "pw");
        await member.Server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = longest }, Caller.Anonymous);
        ulong before = member.Server.Maintenance.Status().RaftIndex;
        AuthUserAddRequest user = AuthUserAddRequest.Parser.ParseFrom([0x0a, 2, (byte)'a', 0xff]);
        AuthRoleAddRequest role = AuthRoleAddRequest.Parser.ParseFrom([0x0a, 2, (byte)'a', 0xff]);

        Assert.Equal(EtcdErrorCode.RequestTooLarge, await AuthMember.RefusedAsync(async () => await member.AddUserAsync(longest + "n", "pw")));
        Assert.Equal(
            EtcdErrorCode.RequestTooLarge,
            await AuthMember.RefusedAsync(
                async () => await member.Server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = longest + "n" }, Caller.Anonymous)));
        Assert.Equal(
            EtcdErrorCode.InvalidAuthManagement,
            await AuthMember.RefusedAsync(async () => await member.Server.Auth.AddUserAsync(user, Caller.Anonymous, CancellationToken.None)));
        Assert.Equal(
            EtcdErrorCode.InvalidAuthManagement,
            await AuthMember.RefusedAsync(async () => await member.Server.Auth.AddRoleAsync(role, Caller.Anonymous)));

        Assert.Equal(before, member.Server.Maintenance.Status().RaftIndex);
    }

    // CVE-2021-28235 and the plain passwords in the log of 3.4: nothing that is written down has the password.
    [Fact]
    public async Task Cve2021_28235_Passwords_AreInNoFile()
    {
        var disk = new SimulatedFileSystem();
        await using (AuthMember member = await AuthMember.StartAsync(disk))
        {
            Caller root = await member.LogInAsync("root", "rootpw");
            await member.Server.Auth.AddUserAsync(
                new AuthUserAddRequest { Name = "cert", Password = "needless-secret", Options = new UserAddOptions { NoPassword = true } },
                root,
                CancellationToken.None);
            root = await member.LogInAsync("root", "rootpw");
            await member.Server.Auth.ChangePasswordAsync(
                new AuthUserChangePasswordRequest { Name = "alice", Password = "changed-secret" }, root, CancellationToken.None);
            await member.TokenAsync("alice", "changed-secret");
        }

        foreach (string directory in (string[])["/data/member/wal", "/data/member/snap"])
        {
            foreach (string file in disk.List(directory).Select(name => $"{directory}/{name}"))
            {
                byte[] content = ReadAll(disk, file);
                foreach (string secret in (string[])["rootpw", "alicepw", "changed-secret", "needless-secret"])
                {
                    Assert.Equal(-1, content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)));
                }
            }
        }
    }

    [Fact]
    public async Task Jwt_TokenOfAnOlderRevision_IsRefusedForKeys()
    {
        using var directory = new TemporaryDirectory();
        string key = directory.File("key");
        await File.WriteAllBytesAsync(key, new byte[64], TestContext.Current.CancellationToken);
        await using AuthMember member = await AuthMember.StartAsync(
            options: AuthMember.Options with { AuthToken = $"jwt,sign-method=HS256,priv-key={key}" });
        string token = await member.TokenAsync("alice", "alicepw");
        await member.PutAsync("a", "v", await member.CallerAsync(token));

        await member.AddUserAsync("bob", "bobpw", await member.LogInAsync("root", "rootpw"));

        Caller stale = await member.CallerAsync(token);
        Assert.Equal(EtcdErrorCode.AuthOldRevision, await AuthMember.RefusedAsync(() => member.PutAsync("a", "v", stale)));
        await member.PutAsync("a", "v", await member.LogInAsync("alice", "alicepw"));
    }

    private static byte[] ReadAll(SimulatedFileSystem disk, string path)
    {
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] content = new byte[file.Length];
        file.Read(content, 0);
        return content;
    }
}
