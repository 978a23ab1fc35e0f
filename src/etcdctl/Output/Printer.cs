using Etcd.Protocol.Rpc;
using Etcdctl.Diagnosis;
using Etcdctl.History;
using Etcdctl.Top;

namespace Etcdctl.Output;

/// <summary>Prints replies in one of the output formats. What a format cannot show ends the program with exit code 4.</summary>
internal abstract class Printer(string format, OutputWriter output)
{
    /// <summary>Standard output.</summary>
    protected OutputWriter Output { get; } = output;

    /// <summary>Creates the printer of a format; <see langword="null"/> when there is no such format.</summary>
    /// <param name="format">simple, fields, json, protobuf or table.</param>
    /// <param name="hex">Print keys and values, or in JSON the IDs of members, in hexadecimal.</param>
    /// <param name="terminal">Where output goes.</param>
    public static Printer? Create(string format, bool hex, Terminal terminal) => format switch
    {
        "simple" => new SimplePrinter(terminal, hex),
        "fields" => new FieldsPrinter(terminal.Output),
        "json" => new JsonPrinter(terminal.Output, hex),
        "protobuf" => new ProtobufPrinter(terminal.Output),
        "table" => new TablePrinter(terminal.Output),
        _ => null,
    };

    public virtual void Put(PutResponse reply) => throw Unsupported();

    public virtual void Get(RangeResponse reply) => throw Unsupported();

    public virtual void Delete(DeleteRangeResponse reply) => throw Unsupported();

    public virtual void Transaction(TxnResponse reply) => throw Unsupported();

    public virtual void Watch(WatchResponse reply) => throw Unsupported();

    public virtual void Grant(LeaseGrantResponse reply) => throw Unsupported();

    public virtual void Revoke(long leaseId, LeaseRevokeResponse reply) => throw Unsupported();

    public virtual void KeepAlive(LeaseKeepAliveResponse reply) => throw Unsupported();

    public virtual void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys) => throw Unsupported();

    public virtual void Leases(LeaseLeasesResponse reply) => throw Unsupported();

    public virtual void Alarms(AlarmResponse reply) => throw Unsupported();

    public virtual void Members(MemberListResponse reply) => throw Unsupported();

    public virtual void MemberAdded(MemberAddResponse reply) => throw Unsupported();

    public virtual void MemberRemoved(ulong memberId, MemberRemoveResponse reply) => throw Unsupported();

    public virtual void MemberUpdated(ulong memberId, MemberUpdateResponse reply) => throw Unsupported();

    public virtual void MemberPromoted(ulong memberId, MemberPromoteResponse reply) => throw Unsupported();

    public virtual void Downgrade(string success, DowngradeResponse reply) => throw Unsupported();

    public virtual void LeaderMoved(ulong from, ulong to, MoveLeaderResponse reply) => throw Unsupported();

    public virtual void Health(IReadOnlyList<EndpointHealth> endpoints) => throw Unsupported();

    public virtual void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints) => throw Unsupported();

    public virtual void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints) => throw Unsupported();

    public virtual void AuthStatus(AuthStatusResponse reply) => throw Unsupported();

    public virtual void UserAdd(string user, AuthUserAddResponse reply) => throw Unsupported();

    public virtual void UserDelete(string user, AuthUserDeleteResponse reply) => throw Unsupported();

    public virtual void UserGet(string user, AuthUserGetResponse reply) => throw Unsupported();

    public virtual void UserList(AuthUserListResponse reply) => throw Unsupported();

    public virtual void UserChangePassword(AuthUserChangePasswordResponse reply) => throw Unsupported();

    public virtual void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) => throw Unsupported();

    public virtual void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) => throw Unsupported();

    public virtual void RoleAdd(string role, AuthRoleAddResponse reply) => throw Unsupported();

    public virtual void RoleDelete(string role, AuthRoleDeleteResponse reply) => throw Unsupported();

    public virtual void RoleGet(string role, AuthRoleGetResponse reply) => throw Unsupported();

    public virtual void RoleList(AuthRoleListResponse reply) => throw Unsupported();

    public virtual void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) => throw Unsupported();

    public virtual void RoleRevokePermission(string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => throw Unsupported();

    public virtual void History(KeyHistory history) => throw Unsupported();

    public virtual void Findings(IReadOnlyList<Finding> findings) => throw Unsupported();

    public virtual void Sample(ClusterSample sample) => throw Unsupported();

    private CommandFailedException Unsupported() =>
        CommandFailedException.Because(ExitCode.BadFeature, format + " not supported as output format");
}
