using System.Globalization;
using System.Text;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcdctl.Output;

/// <summary>The reply's protobuf encoding, without an end of line.</summary>
/// <remarks>Of a granted, kept, queried or listed lease etcdctl writes the header alone; readers of its output expect that.</remarks>
internal sealed class ProtobufPrinter(OutputWriter output) : Printer("protobuf", output)
{
    public override void Put(PutResponse reply) => Write(reply);

    public override void Get(RangeResponse reply) => Write(reply);

    public override void Delete(DeleteRangeResponse reply) => Write(reply);

    public override void Transaction(TxnResponse reply) => Write(reply);

    public override void Watch(WatchResponse reply)
    {
        // The client's record of a watch reply has no id and no reason of its end.
        WatchResponse shown = new()
        {
            Header = reply.Header,
            Created = reply.Created,
            Canceled = reply.Canceled,
            CompactRevision = reply.CompactRevision,
        };
        shown.Events.Add(reply.Events);
        Write(shown);
    }

    public override void Grant(LeaseGrantResponse reply) => Write(reply.Header);

    public override void Revoke(long leaseId, LeaseRevokeResponse reply) => throw CommandFailedException.Because(
        ExitCode.BadFeature, $"marshal unsupported for type clientv3.LeaseRevokeResponse ({{{Describe(reply.Header)} {{}} [] 0}})");

    public override void KeepAlive(LeaseKeepAliveResponse reply) => Write(reply.Header);

    public override void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys) => Write(reply.Header);

    public override void Leases(LeaseLeasesResponse reply) => Write(reply.Header);

    public override void Alarms(AlarmResponse reply) => Write(reply);

    public override void Members(MemberListResponse reply) => Write(reply);

    public override void MemberAdded(MemberAddResponse reply) => Write(reply);

    public override void MemberRemoved(ulong memberId, MemberRemoveResponse reply) => Write(reply);

    public override void MemberUpdated(ulong memberId, MemberUpdateResponse reply) => Write(reply);

    public override void MemberPromoted(ulong memberId, MemberPromoteResponse reply) => Write(reply);

    public override void Downgrade(string success, DowngradeResponse reply) => Write(reply);

    public override void LeaderMoved(ulong from, ulong to, MoveLeaderResponse reply) => Write(reply);

    public override void AuthStatus(AuthStatusResponse reply) => Write(reply);

    public override void UserAdd(string user, AuthUserAddResponse reply) => Write(reply);

    public override void UserDelete(string user, AuthUserDeleteResponse reply) => Write(reply);

    public override void UserGet(string user, AuthUserGetResponse reply) => Write(reply);

    public override void UserList(AuthUserListResponse reply) => Write(reply);

    public override void UserChangePassword(AuthUserChangePasswordResponse reply) => Write(reply);

    public override void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) => Write(reply);

    public override void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) => Write(reply);

    public override void RoleAdd(string role, AuthRoleAddResponse reply) => Write(reply);

    public override void RoleDelete(string role, AuthRoleDeleteResponse reply) => Write(reply);

    public override void RoleGet(string role, AuthRoleGetResponse reply) => Write(reply);

    public override void RoleList(AuthRoleListResponse reply) => Write(reply);

    public override void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) => Write(reply);

    public override void RoleRevokePermission(string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => Write(reply);

    private static string Describe(ResponseHeader? header)
    {
        StringBuilder text = new();
        if (header is not null)
        {
            Append(text, "cluster_id", header.ClusterId);
            Append(text, "member_id", header.MemberId);
            Append(text, "revision", (ulong)header.Revision);
            Append(text, "raft_term", header.RaftTerm);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, ulong value)
    {
        if (value != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}:{value} ");
        }
    }

    private void Write(IMessage? message)
    {
        if (message is not null)
        {
            Output.Write(message.ToByteArray());
        }
    }
}
