using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Auth.Tests.Users;

public sealed class AuthStoreTests : IDisposable
{
    private readonly AuthFixture _auth = new();

    public void Dispose() => _auth.Dispose();

    // Real etcd writes authRevision 1 at its very first start.
    [Fact]
    public void Open_EmptyBackend_StartsAtRevisionOneWithAuthenticationOff()
    {
        Assert.False(_auth.View.IsEnabled);
        Assert.Equal(1UL, _auth.View.Revision);
    }

    // A name is a key of the file: a longer one would end the member at the next commit, and at every start.
    [Theory]
    [InlineData("n", AuthName.BytesMax)]
    [InlineData("\u00e9", AuthName.BytesMax / 2)]
    public void Add_LongestName_IsKeptAndALongerOneRefusedWithoutAChange(string letter, int count)
    {
        string name = string.Concat(Enumerable.Repeat(letter, count));
        _auth.AddUser(name);
        _auth.Store.AddRole(name);
        ulong revision = _auth.View.Revision;

        Assert.Equal(EtcdErrorCode.RequestTooLarge, AuthFixture.Refused(() => _auth.AddUser(name + "n")));
        Assert.Equal(EtcdErrorCode.RequestTooLarge, AuthFixture.Refused(() => _auth.Store.AddRole(name + "n")));

        Assert.Equal(revision, _auth.View.Revision);
        _auth.Reopen();
        Assert.Equal([name], _auth.View.Users.Keys);
        Assert.Equal([name], _auth.View.Roles.Keys);
    }

    // Real etcd keeps names as the bytes they are; one member that made one name of two would count fewer changes than the others.
    [Fact]
    public void Names_OfBytesThatAreNoText_AreKeptAsTheyAre()
    {
        string[] names = [AuthName.FromBytes([(byte)'a', 0xfe]), AuthName.FromBytes([(byte)'a', 0xff])];
        foreach (string name in names)
        {
            _auth.Store.AddRole(name);
            _auth.AddUser(name, name);
        }

        _auth.Reopen();

        Assert.Equal(7UL, _auth.View.Revision);
        Assert.Equal(names, _auth.View.Users.Keys);
        Assert.Equal(names, _auth.View.Roles.Keys);
        Assert.Equal([names[1]], _auth.View.Users[names[1]].Roles);
        using BackendView view = _auth.Backend.View();
        Assert.True(view.TryGet(BackendBucket.AuthUsers, [(byte)'a', 0xff], out ReadOnlySpan<byte> stored));
        User record = User.Parser.ParseFrom(stored);
        Assert.Equal([(byte)'a', 0xff], record.Name.ToByteArray());
        Assert.Equal([(byte)'a', 0xff], Assert.Single(record.Roles).ToByteArray());
        Assert.True(view.TryGet(BackendBucket.AuthRoles, [(byte)'a', 0xfe], out _));
    }

    [Fact]
    public void Enable_WithoutUserRoot_IsRefused() =>
        Assert.Equal(EtcdErrorCode.RootUserNotExist, AuthFixture.Refused(_auth.Store.Enable));

    [Fact]
    public void Enable_RootLacksItsRole_IsRefused()
    {
        _auth.AddUser("root");

        Assert.Equal(EtcdErrorCode.RootRoleNotExist, AuthFixture.Refused(_auth.Store.Enable));
    }

    [Fact]
    public void Enable_DoesNotMoveTheRevision_DisableDoes()
    {
        _auth.AddUser("root");
        _auth.Store.AddRole("root");
        _auth.Store.GrantRole("root", "root");
        ulong before = _auth.View.Revision;

        _auth.Store.Enable();
        Assert.Equal(before, _auth.View.Revision);
        _auth.Store.Enable();
        Assert.Equal(before, _auth.View.Revision);

        _auth.Store.Disable();
        Assert.Equal(before + 1, _auth.View.Revision);
        _auth.Store.Disable();
        Assert.Equal(before + 1, _auth.View.Revision);
    }

    [Fact]
    public void Revision_EveryChangeOfUsersAndRoles_GrowsByOne()
    {
        Action[] changes =
        [
            () => _auth.AddUser("alice"),
            () => _auth.Store.AddRole("reader"),
            () => _auth.Grant("reader", Permission.Types.Type.Read, "a"),
            () => _auth.Grant("reader", Permission.Types.Type.Read, "a"),
            () => _auth.Store.GrantRole("alice", "reader"),
            () => _auth.Store.ChangePassword(new AuthUserChangePasswordRequest { Name = "alice", HashedPassword = "aGFzaDI=" }),
            () => _auth.Store.RevokePermission(new AuthRoleRevokePermissionRequest { Role = "reader", Key = AuthFixture.Bytes("a") }),
            () => _auth.Store.RevokeRole("alice", "reader"),
            () => _auth.Store.DeleteRole("reader"),
            () => _auth.Store.DeleteUser("alice"),
        ];
        foreach (Action change in changes)
        {
            ulong before = _auth.View.Revision;
            change();
            Assert.Equal(before + 1, _auth.View.Revision);
        }
    }

    [Fact]
    public void GrantRole_Again_ChangesNothing()
    {
        _auth.Store.AddRole("reader");
        _auth.AddUser("alice", "reader");
        ulong before = _auth.View.Revision;

        _auth.Store.GrantRole("alice", "reader");

        Assert.Equal(before, _auth.View.Revision);
        Assert.Equal(["reader"], _auth.View.Users["alice"].Roles);
    }

    [Fact]
    public void GrantRole_Several_KeepsThemInByteOrder()
    {
        string[] roles = ["zeta", "alpha", "\uE000", "\U0001F600", "beta"];
        _auth.AddUser("alice");
        foreach (string role in roles)
        {
            _auth.Store.AddRole(role);
            _auth.Store.GrantRole("alice", role);
        }

        Assert.Equal(["alpha", "beta", "zeta", "\uE000", "\U0001F600"], _auth.View.Users["alice"].Roles);
        Assert.Equal(["alpha", "beta", "zeta", "\uE000", "\U0001F600"], _auth.View.Roles.Keys);
    }

    [Fact]
    public void GrantRole_RoleRootNeedNotExist()
    {
        _auth.AddUser("root");

        _auth.Store.GrantRole("root", "root");

        Assert.True(_auth.View.Users["root"].IsRoot);
    }

    [Fact]
    public void DeleteRole_TakesItFromItsHolders()
    {
        _auth.Store.AddRole("reader");
        _auth.AddUser("alice", "reader");
        _auth.AddUser("bob");

        _auth.Store.DeleteRole("reader");
        _auth.Reopen();

        Assert.Empty(_auth.View.Users["alice"].Roles);
        Assert.Empty(_auth.View.Roles);
    }

    // Real etcd keeps it. Members that count changes differently refuse each other's users.
    [Fact]
    public void GrantPermission_OfAKindNoReleaseKnows_IsKeptAndAllowsNothing()
    {
        const Permission.Types.Type unknown = (Permission.Types.Type)9;
        _auth.AddUser("alice");
        _auth.Store.AddRole("reader");
        _auth.Store.GrantRole("alice", "reader");
        ulong before = _auth.View.Revision;

        _auth.Grant("reader", unknown, "b");

        Assert.Equal(before + 1, _auth.View.Revision);
        KeyPermission granted = Assert.Single(_auth.View.Roles["reader"].Permissions);
        Assert.Equal((unknown, false, false), (granted.Kind, granted.AllowsRead, granted.AllowsWrite));
    }

    [Fact]
    public void Refusals_NameTheReason()
    {
        _auth.AddUser("alice");
        _auth.Store.AddRole("reader");

        (EtcdErrorCode Expected, Action Change)[] refusals =
        [
            (EtcdErrorCode.UserEmpty, () => _auth.AddUser("")),
            (EtcdErrorCode.UserAlreadyExists, () => _auth.AddUser("alice")),
            (EtcdErrorCode.UserNotFound, () => _auth.Store.DeleteUser("bob")),
            (EtcdErrorCode.UserNotFound, () => _auth.Store.ChangePassword(new AuthUserChangePasswordRequest { Name = "bob" })),
            (EtcdErrorCode.UserNotFound, () => _auth.Store.GrantRole("bob", "reader")),
            (EtcdErrorCode.RoleNotFound, () => _auth.Store.GrantRole("alice", "writer")),
            (EtcdErrorCode.RoleNotGranted, () => _auth.Store.RevokeRole("alice", "reader")),
            (EtcdErrorCode.RoleEmpty, () => _auth.Store.AddRole("")),
            (EtcdErrorCode.RoleAlreadyExists, () => _auth.Store.AddRole("reader")),
            (EtcdErrorCode.RoleNotFound, () => _auth.Store.DeleteRole("writer")),
            (EtcdErrorCode.PermissionNotGiven, () => _auth.Store.GrantPermission(new AuthRoleGrantPermissionRequest { Name = "reader" })),
            (EtcdErrorCode.RoleNotFound, () => _auth.Grant("writer", Permission.Types.Type.Read, "a")),
            (EtcdErrorCode.InvalidAuthManagement, () => _auth.Grant("reader", Permission.Types.Type.Read, "b", "a")),
            (EtcdErrorCode.InvalidAuthManagement, () => _auth.Grant("reader", Permission.Types.Type.Read, "b", "b")),
            (EtcdErrorCode.InvalidAuthManagement, () => _auth.Grant("reader", Permission.Types.Type.Read, "")),
            (EtcdErrorCode.PermissionNotGranted, () => _auth.Store.RevokePermission(
                new AuthRoleRevokePermissionRequest { Role = "reader", Key = AuthFixture.Bytes("a") })),
        ];
        ulong before = _auth.View.Revision;

        foreach ((EtcdErrorCode expected, Action change) in refusals)
        {
            Assert.Equal(expected, AuthFixture.Refused(change));
        }

        Assert.Equal(before, _auth.View.Revision);
    }

    [Fact]
    public void Root_WhileAuthenticationIsOn_CannotBeTakenAway()
    {
        using AuthFixture auth = AuthFixture.Enabled();

        Assert.Equal(EtcdErrorCode.InvalidAuthManagement, AuthFixture.Refused(() => auth.Store.DeleteUser("root")));
        Assert.Equal(EtcdErrorCode.InvalidAuthManagement, AuthFixture.Refused(() => auth.Store.DeleteRole("root")));
        Assert.Equal(EtcdErrorCode.InvalidAuthManagement, AuthFixture.Refused(() => auth.Store.RevokeRole("root", "root")));

        auth.Store.Disable();
        auth.Store.RevokeRole("root", "root");
        auth.Store.DeleteUser("root");
    }

    [Fact]
    public void GrantPermission_SameRange_ReplacesIt()
    {
        _auth.Store.AddRole("reader");
        _auth.Grant("reader", Permission.Types.Type.Read, "a");
        _auth.Grant("reader", Permission.Types.Type.Read, "a", "c");
        _auth.Grant("reader", Permission.Types.Type.Write, "a", "c");
        _auth.Grant("reader", Permission.Types.Type.Read, "A");

        KeyPermission[] expected =
        [
            new(Permission.Types.Type.Read, AuthFixture.Bytes("A"), ByteString.Empty),
            new(Permission.Types.Type.Read, AuthFixture.Bytes("a"), ByteString.Empty),
            new(Permission.Types.Type.Write, AuthFixture.Bytes("a"), AuthFixture.Bytes("c")),
        ];
        Assert.Equal(expected, _auth.View.Roles["reader"].Permissions);
    }

    [Fact]
    public void Reopen_AfterChanges_FindsTheSameState()
    {
        using AuthFixture auth = AuthFixture.Enabled();
        auth.UserWith("alice", Permission.Types.Type.Readwrite, "a", "\0");
        auth.Store.AddUser(new AuthUserAddRequest { Name = "cert", Options = new UserAddOptions { NoPassword = true } });
        AuthView before = auth.View;

        auth.Reopen();

        Assert.True(auth.View.IsEnabled);
        Assert.Equal(before.Revision, auth.View.Revision);
        Assert.Equal(before.Users.Keys, auth.View.Users.Keys);
        Assert.Equal(before.Roles["alice-role"].Permissions, auth.View.Roles["alice-role"].Permissions);
        Assert.True(auth.View.Users["cert"].HasNoPassword);
        Assert.Equal("hash", auth.View.Users["alice"].PasswordHash.ToStringUtf8());
    }

    // 3.4 put the password itself into the log; such an entry may still have to be applied.
    [Fact]
    public void AddUser_EntryOf34_HashesThePasswordItCarries()
    {
        _auth.Store.AddUser(new AuthUserAddRequest { Name = "alice", Password = "secret" });

        Assert.True(Bcrypt.Verify("secret", _auth.View.Users["alice"].PasswordHash.Span));
    }

    // Incident #14571: auth data was not read again after a snapshot, and members decided differently.
    [Fact]
    public void Incident14571_Recover_ReadsWhatTheInstalledSnapshotHas()
    {
        using AuthFixture auth = AuthFixture.Enabled();
        auth.AddUser("alice");
        string token = auth.Store.Authenticate("alice", auth.Tokens.NewTicket(), 7);
        AuthRecords.DeleteUser(auth.Backend, "alice");
        AuthRecords.WriteRevision(auth.Backend, 99);
        auth.EndEntry();

        auth.Store.Recover();

        Assert.Equal(99UL, auth.View.Revision);
        Assert.DoesNotContain("alice", auth.View.Users.Keys);
        Assert.False(auth.Tokens.TryRecognise(token, 99, out _));
    }

    [Fact]
    public void Authenticate_TokenEndsWithPasswordUserOrAuthentication()
    {
        using AuthFixture auth = AuthFixture.Enabled();
        auth.AddUser("alice");
        Action[] ends =
        [
            () => auth.Store.ChangePassword(new AuthUserChangePasswordRequest { Name = "alice", HashedPassword = "aGFzaDI=" }),
            () => auth.Store.DeleteUser("alice"),
        ];
        ulong index = 1;
        foreach (Action end in ends)
        {
            string token = auth.Store.Authenticate("alice", auth.Tokens.NewTicket(), index++);
            Assert.True(auth.Tokens.TryRecognise(token, 1, out Caller caller));
            Assert.Equal("alice", caller.UserName);

            end();

            Assert.False(auth.Tokens.TryRecognise(token, 1, out _));
        }

        string roots = auth.Store.Authenticate("root", auth.Tokens.NewTicket(), index);
        auth.Store.Disable();
        Assert.False(auth.Tokens.TryRecognise(roots, 1, out _));
    }

    [Fact]
    public void Authenticate_OffOrStrangerOrNoPassword_IsRefused()
    {
        Assert.Equal(EtcdErrorCode.AuthNotEnabled, AuthFixture.Refused(() => _auth.Store.Authenticate("root", "t", 1)));
        using AuthFixture auth = AuthFixture.Enabled();
        auth.Store.AddUser(new AuthUserAddRequest { Name = "cert", Options = new UserAddOptions { NoPassword = true } });

        Assert.Equal(EtcdErrorCode.AuthFailed, AuthFixture.Refused(() => auth.Store.Authenticate("nobody", "t", 1)));
        Assert.Equal(EtcdErrorCode.AuthFailed, AuthFixture.Refused(() => auth.Store.Authenticate("cert", "t", 1)));
    }

    [Fact]
    public void AuthUser_Printed_HidesTheHash()
    {
        _auth.AddUser("alice");

        Assert.DoesNotContain("hash", _auth.View.Users["alice"].ToString(), StringComparison.OrdinalIgnoreCase);
    }
}
