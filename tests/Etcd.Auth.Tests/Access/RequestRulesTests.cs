using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

namespace Etcd.Auth.Tests.Access;

public sealed class RequestRulesTests : IDisposable
{
    private const long Lease = 77;

    private readonly AuthFixture _auth = AuthFixture.Enabled();

    public void Dispose() => _auth.Dispose();

    [Fact]
    public void AuthenticationOff_AnybodyMayDoAnything()
    {
        _auth.Store.Disable();

        _auth.Rules.CheckAtApply(_auth.View, Caller.Anonymous, Put("a"));
        _auth.Rules.CheckBeforeProposal(_auth.View, Caller.Anonymous, new InternalRaftRequest { Compaction = new CompactionRequest() });
        _auth.View.RequireRoot(Caller.Anonymous);
    }

    [Fact]
    public void Root_MayDoAnything()
    {
        Caller root = _auth.As("root");

        _auth.Rules.CheckAtApply(_auth.View, root, Put("a"));
        _auth.Rules.CheckAtApply(_auth.View, root, new InternalRaftRequest { AuthUserList = new AuthUserListRequest() });
        _auth.Rules.CheckBeforeProposal(_auth.View, root, new InternalRaftRequest { Compaction = new CompactionRequest() });
    }

    [Fact]
    public void Anonymous_IsToldThatTheUserNameIsEmpty() =>
        Assert.Equal(EtcdErrorCode.UserEmpty, Refused(Caller.Anonymous, Put("a")));

    [Fact]
    public void UserThatIsGone_IsDenied() =>
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(_auth.As("ghost"), Put("a")));

    // The permission was granted under the revision that the request carries; a later one may have taken it away.
    [Fact]
    public void OldRevision_IsRefused()
    {
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Readwrite, "a");
        _auth.AddUser("bob");

        Assert.Equal(EtcdErrorCode.AuthOldRevision, Refused(alice, Put("a")));
        _auth.Rules.CheckAtApply(_auth.View, _auth.As("alice"), Put("a"));
    }

    [Fact]
    public void Put_NeedsWrite()
    {
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(_auth.UserWith("reader", Permission.Types.Type.Read, "a"), Put("a")));
        Caller writer = _auth.UserWith("writer", Permission.Types.Type.Write, "a");
        _auth.Rules.CheckAtApply(_auth.View, writer, Put("a"));
    }

    // CVE-2026-44283: prev_kv showed values to who may only write.
    [Fact]
    public void Cve2026_44283_PrevKvNeedsRead()
    {
        Caller writer = _auth.UserWith("writer", Permission.Types.Type.Write, "a", "c");
        var put = new PutRequest { Key = AuthFixture.Bytes("a"), PrevKv = true };
        var deletion = new DeleteRangeRequest { Key = AuthFixture.Bytes("a"), RangeEnd = AuthFixture.Bytes("b"), PrevKv = true };

        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(writer, new InternalRaftRequest { Put = put }));
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(writer, new InternalRaftRequest { DeleteRange = deletion }));
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(writer, Nested(new RequestOp { RequestPut = put })));
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(writer, Nested(new RequestOp { RequestDeleteRange = deletion })));

        put.PrevKv = deletion.PrevKv = false;
        _auth.Rules.CheckAtApply(_auth.View, writer, Nested(new RequestOp { RequestPut = put }));
        _auth.Rules.CheckAtApply(_auth.View, writer, new InternalRaftRequest { DeleteRange = deletion });
    }

    // CVE-2026-33343: what is nested in a transaction was not looked at.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cve2026_33343_NestedTransaction_IsCheckedInBothBranches(bool inSuccess)
    {
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Readwrite, "a");
        RequestOp[] hidden =
        [
            new() { RequestRange = new RangeRequest { Key = AuthFixture.Bytes("secret") } },
            new() { RequestPut = new PutRequest { Key = AuthFixture.Bytes("secret") } },
            new() { RequestDeleteRange = new DeleteRangeRequest { Key = AuthFixture.Bytes("secret") } },
            new() { RequestTxn = new TxnRequest { Compare = { new Compare { Key = AuthFixture.Bytes("secret") } } } },
        ];

        foreach (RequestOp operation in hidden)
        {
            Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(alice, Nested(operation, inSuccess)));
        }

        _auth.Rules.CheckAtApply(
            _auth.View, alice, Nested(new RequestOp { RequestPut = new PutRequest { Key = AuthFixture.Bytes("a") } }, inSuccess));
    }

    [Fact]
    public void Txn_ConditionOnARange_NeedsReadOfAllOfIt()
    {
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Read, "a");
        var condition = new Compare { Key = AuthFixture.Bytes("a"), RangeEnd = AuthFixture.Bytes("b") };

        Assert.Equal(
            EtcdErrorCode.PermissionDenied,
            Refused(alice, new InternalRaftRequest { Txn = new TxnRequest { Compare = { condition } } }));
    }

    // The lease's end deletes its keys, so who adds a key to it or revokes it must be allowed to write all of them.
    [Fact]
    public void Cve2026_44283_LeaseWithAKeyOfOthers_CanNeitherBeUsedNorRevoked()
    {
        _auth.Attach(Lease, "others");
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Readwrite, "a");
        var put = new PutRequest { Key = AuthFixture.Bytes("a"), Lease = Lease };
        var revoke = new InternalRaftRequest { LeaseRevoke = new LeaseRevokeRequest { ID = Lease } };

        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(alice, new InternalRaftRequest { Put = put }));
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(alice, Nested(new RequestOp { RequestPut = put })));
        Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(alice, revoke));
        Assert.Equal(EtcdErrorCode.PermissionDenied, AuthFixture.Refused(() => _auth.Rules.CheckWriteOfLease(_auth.View, alice, Lease)));

        _auth.Rules.CheckAtApply(_auth.View, _auth.As("root"), revoke);
    }

    // CVE-2023-32082: the keys of a lease were listed to anybody.
    [Fact]
    public void Cve2023_32082_KeysOfALease_NeedReadOfEachOfThem()
    {
        _auth.Attach(Lease, "a");
        _auth.Attach(Lease, "others");
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Read, "a");

        Assert.Equal(EtcdErrorCode.PermissionDenied, AuthFixture.Refused(() => _auth.Rules.CheckReadOfLease(_auth.View, alice, Lease)));
        _auth.Rules.CheckReadOfLease(_auth.View, alice, leaseId: 78);
    }

    // GHSA-xg4h-6gfc-h4m8: an open-ended watch was checked as if it were for its first key only.
    [Fact]
    public void GhsaXg4h6gfch4m8_OpenEndedWatch_NeedsMoreThanItsFirstKey()
    {
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Read, "a");

        Assert.Equal(
            EtcdErrorCode.PermissionDenied,
            AuthFixture.Refused(() => _auth.View.RequireRead(alice, "a"u8.ToArray(), "\0"u8.ToArray())));
        _auth.View.RequireRead(alice, "a"u8.ToArray(), default);
    }

    // CVE-2026-33413: leases, alarms and compaction without a login.
    [Fact]
    public void Cve2026_33413_Anonymous_MayProposeNothingButALogin()
    {
        InternalRaftRequest[] requests =
        [
            Put("a"),
            new() { Txn = new TxnRequest() },
            new() { Range = new RangeRequest { Key = AuthFixture.Bytes("a") } },
            new() { DeleteRange = new DeleteRangeRequest { Key = AuthFixture.Bytes("a") } },
            new() { Compaction = new CompactionRequest { Revision = 1 } },
            new() { LeaseGrant = new LeaseGrantRequest { TTL = 5 } },
            new() { LeaseRevoke = new LeaseRevokeRequest { ID = 404 } },
            new() { Alarm = new AlarmRequest() },
            new() { AuthEnable = new AuthEnableRequest() },
            new() { AuthDisable = new AuthDisableRequest() },
            new() { AuthStatus = new AuthStatusRequest() },
            new() { AuthUserAdd = new AuthUserAddRequest() },
            new() { AuthUserDelete = new AuthUserDeleteRequest() },
            new() { AuthUserGet = new AuthUserGetRequest() },
            new() { AuthUserChangePassword = new AuthUserChangePasswordRequest() },
            new() { AuthUserGrantRole = new AuthUserGrantRoleRequest() },
            new() { AuthUserRevokeRole = new AuthUserRevokeRoleRequest() },
            new() { AuthUserList = new AuthUserListRequest() },
            new() { AuthRoleAdd = new AuthRoleAddRequest() },
            new() { AuthRoleDelete = new AuthRoleDeleteRequest() },
            new() { AuthRoleGet = new AuthRoleGetRequest() },
            new() { AuthRoleGrantPermission = new AuthRoleGrantPermissionRequest() },
            new() { AuthRoleRevokePermission = new AuthRoleRevokePermissionRequest() },
            new() { AuthRoleList = new AuthRoleListRequest() },
        ];
        foreach (InternalRaftRequest request in requests)
        {
            Assert.Equal(
                EtcdErrorCode.UserEmpty,
                AuthFixture.Refused(() => _auth.Rules.CheckBeforeProposal(_auth.View, Caller.Anonymous, request)));
        }

        _auth.Rules.CheckBeforeProposal(
            _auth.View, Caller.Anonymous, new InternalRaftRequest { Authenticate = new InternalAuthenticateRequest { Name = "root" } });
    }

    [Fact]
    public void Management_OrdinaryUser_SeesOnlyItselfAndItsRoles()
    {
        Caller alice = _auth.UserWith("alice", Permission.Types.Type.Read, "a");

        _auth.Rules.CheckAtApply(_auth.View, alice, new InternalRaftRequest { AuthUserGet = new AuthUserGetRequest { Name = "alice" } });
        _auth.Rules.CheckAtApply(_auth.View, alice, new InternalRaftRequest { AuthRoleGet = new AuthRoleGetRequest { Role = "alice-role" } });
        foreach (InternalRaftRequest request in (InternalRaftRequest[])
            [
                new() { AuthUserGet = new AuthUserGetRequest { Name = "root" } },
                new() { AuthRoleGet = new AuthRoleGetRequest { Role = "root" } },
                new() { AuthUserList = new AuthUserListRequest() },
                new() { AuthRoleList = new AuthRoleListRequest() },
                new() { AuthStatus = new AuthStatusRequest() },
                new() { AuthDisable = new AuthDisableRequest() },
                new() { AuthUserChangePassword = new AuthUserChangePasswordRequest { Name = "alice" } },
            ])
        {
            Assert.Equal(EtcdErrorCode.PermissionDenied, Refused(alice, request));
        }
    }

    // Members decide the same where the log says so: leases without keys are nobody's there, as in etcd.
    [Fact]
    public void AtApply_RequestsThatOnlyTheFaceGuards_AreApplied()
    {
        foreach (InternalRaftRequest request in (InternalRaftRequest[])
            [
                new() { LeaseGrant = new LeaseGrantRequest { TTL = 5 } },
                new() { Alarm = new AlarmRequest() },
                new() { Compaction = new CompactionRequest { Revision = 1 } },
                new() { LeaseCheckpoint = new LeaseCheckpointRequest() },
            ])
        {
            _auth.Rules.CheckAtApply(_auth.View, Caller.Anonymous, request);
        }
    }

    private static InternalRaftRequest Put(string key) => new() { Put = new PutRequest { Key = AuthFixture.Bytes(key) } };

    private static InternalRaftRequest Nested(RequestOp operation, bool inSuccess = true)
    {
        var inner = new TxnRequest();
        (inSuccess ? inner.Success : inner.Failure).Add(operation);
        var outer = new TxnRequest();
        (inSuccess ? outer.Failure : outer.Success).Add(new RequestOp { RequestTxn = inner });
        return new InternalRaftRequest { Txn = outer };
    }

    private EtcdErrorCode Refused(Caller caller, InternalRaftRequest request) =>
        AuthFixture.Refused(() => _auth.Rules.CheckAtApply(_auth.View, caller, request));
}
