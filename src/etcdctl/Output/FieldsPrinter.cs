using System.Globalization;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.History;
using Etcdctl.Text;
using Google.Protobuf;

namespace Etcdctl.Output;

/// <summary>One <c>"Name" : value</c> a line.</summary>
internal sealed class FieldsPrinter(OutputWriter output) : Printer("fields", output)
{
    public override void Put(PutResponse reply)
    {
        Header(reply.Header);
        if (reply.PrevKv is not null)
        {
            KeyValue("Prev", reply.PrevKv);
        }
    }

    public override void Get(RangeResponse reply)
    {
        Header(reply.Header);
        foreach (KeyValue pair in reply.Kvs)
        {
            KeyValue("", pair);
        }

        Field("More", reply.More);
        Field("Count", reply.Count);
    }

    public override void Delete(DeleteRangeResponse reply)
    {
        Header(reply.Header);
        Field("Deleted", reply.Deleted);
        foreach (KeyValue pair in reply.PrevKvs)
        {
            KeyValue("Prev", pair);
        }
    }

    public override void Transaction(TxnResponse reply)
    {
        Header(reply.Header);
        Field("Succeeded", reply.Succeeded);
        foreach (ResponseOp response in reply.Responses)
        {
            switch (response.ResponseCase)
            {
                case ResponseOp.ResponseOneofCase.ResponsePut:
                    Put(response.ResponsePut);
                    break;
                case ResponseOp.ResponseOneofCase.ResponseRange:
                    Get(response.ResponseRange);
                    break;
                case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                    Delete(response.ResponseDeleteRange);
                    break;
                default:
                    Quoted("Unknown", response.ResponseCase.ToString());
                    break;
            }
        }
    }

    public override void Watch(WatchResponse reply)
    {
        Header(reply.Header);
        foreach (Event change in reply.Events)
        {
            Text("Type", change.Type == Event.Types.EventType.Put ? "PUT" : "DELETE");
            if (change.PrevKv is not null)
            {
                KeyValue("Prev", change.PrevKv);
            }

            KeyValue("", change.Kv);
        }
    }

    public override void Grant(LeaseGrantResponse reply)
    {
        Header(reply.Header);
        Field("ID", reply.ID);
        Field("TTL", reply.TTL);
    }

    public override void Revoke(long leaseId, LeaseRevokeResponse reply) => Header(reply.Header);

    public override void KeepAlive(LeaseKeepAliveResponse reply)
    {
        Header(reply.Header);
        Field("ID", reply.ID);
        Field("TTL", reply.TTL);
    }

    public override void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys)
    {
        Header(reply.Header);
        Field("ID", reply.ID);
        Field("TTL", reply.TTL);
        Field("GrantedTTL", reply.GrantedTTL);
        foreach (ByteString key in reply.Keys)
        {
            Text("Key", GoText.Quote(key.Span));
        }
    }

    public override void Leases(LeaseLeasesResponse reply)
    {
        Header(reply.Header);
        foreach (LeaseStatus lease in reply.Leases)
        {
            Field("ID", lease.ID);
        }
    }

    public override void Alarms(AlarmResponse reply)
    {
        // A disarm of several alarms joins the replies and has no header of its own.
        if (reply.Header is not null)
        {
            Header(reply.Header);
        }

        foreach (AlarmMember alarm in reply.Alarms)
        {
            Field("MemberID", alarm.MemberID);
            Text("AlarmType", AlarmText.Name(alarm.Alarm));
            Output.WriteLine();
        }
    }

    public override void Members(MemberListResponse reply)
    {
        Header(reply.Header);
        foreach (Member member in reply.Members)
        {
            Field("ID", member.ID);
            Quoted("Name", member.Name);
            foreach (string url in member.PeerURLs)
            {
                Quoted("PeerURL", url);
            }

            foreach (string url in member.ClientURLs)
            {
                Quoted("ClientURL", url);
            }

            Field("IsLearner", member.IsLearner);
            Output.WriteLine();
        }
    }

    public override void Health(IReadOnlyList<EndpointHealth> endpoints)
    {
        foreach (EndpointHealth endpoint in endpoints)
        {
            Quoted("Endpoint", endpoint.Endpoint);
            Field("Health", endpoint.IsHealthy);
            Text("Took", GoDuration.Format(endpoint.Took));
            Text("Error", endpoint.Error);
            Output.WriteLine();
        }
    }

    public override void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints)
    {
        foreach ((string endpoint, StatusResponse status) in endpoints)
        {
            Header(status.Header);
            Quoted("Version", status.Version);
            Field("DBSize", status.DbSize);
            Field("Leader", status.Leader);
            Field("IsLearner", status.IsLearner);
            Field("RaftIndex", status.RaftIndex);
            Field("RaftTerm", status.RaftTerm);
            Field("RaftAppliedIndex", status.RaftAppliedIndex);
            Text("Errors", "[" + string.Join(" ", status.Errors) + "]");
            Quoted("Endpoint", endpoint);
            Output.WriteLine();
        }
    }

    public override void History(KeyHistory history)
    {
        Header(history.Header);
        foreach (Event change in history.Changes)
        {
            Text("Type", change.Type == Event.Types.EventType.Put ? "PUT" : "DELETE");
            KeyValue("", change.Kv);
        }
    }

    public override void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints)
    {
        foreach ((string endpoint, HashKVResponse hash) in endpoints)
        {
            Header(hash.Header);
            Quoted("Endpoint", endpoint);
            Field("Hash", hash.Hash);
            Output.WriteLine();
        }
    }

    public override void UserAdd(string user, AuthUserAddResponse reply) => Header(reply.Header);

    public override void UserDelete(string user, AuthUserDeleteResponse reply) => Header(reply.Header);

    public override void UserChangePassword(AuthUserChangePasswordResponse reply) => Header(reply.Header);

    public override void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) => Header(reply.Header);

    public override void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) => Header(reply.Header);

    public override void RoleAdd(string role, AuthRoleAddResponse reply) => Header(reply.Header);

    public override void RoleDelete(string role, AuthRoleDeleteResponse reply) => Header(reply.Header);

    public override void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) => Header(reply.Header);

    public override void RoleRevokePermission(string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => Header(reply.Header);

    public override void RoleGet(string role, AuthRoleGetResponse reply)
    {
        Header(reply.Header);
        foreach (Permission permission in reply.Perm)
        {
            // The second blank is etcdctl's.
            Text("PermType", " " + permission.PermType.ToString().ToUpperInvariant());
            Text("Key", GoText.Quote(permission.Key.Span));
            Text("RangeEnd", GoText.Quote(permission.RangeEnd.Span));
        }
    }

    public override void RoleList(AuthRoleListResponse reply)
    {
        Header(reply.Header);
        Text("Roles", string.Join(" ", reply.Roles.Select(GoText.Quote)));
    }

    private void Header(ResponseHeader? header)
    {
        Field("ClusterID", header?.ClusterId ?? 0);
        Field("MemberID", header?.MemberId ?? 0);
        Field("Revision", header?.Revision ?? 0);
        Field("RaftTerm", header?.RaftTerm ?? 0);
    }

    private void KeyValue(string prefix, KeyValue pair)
    {
        Text(prefix + "Key", GoText.Quote(pair.Key.Span));
        Field(prefix + "CreateRevision", pair.CreateRevision);
        Field(prefix + "ModRevision", pair.ModRevision);
        Field(prefix + "Version", pair.Version);
        Text(prefix + "Value", GoText.Quote(pair.Value.Span));
        Field(prefix + "Lease", pair.Lease);
    }

    private void Field(string name, long value) => Text(name, value.ToString(CultureInfo.InvariantCulture));

    private void Field(string name, ulong value) => Text(name, value.ToString(CultureInfo.InvariantCulture));

    private void Field(string name, bool value) => Text(name, value ? "true" : "false");

    private void Quoted(string name, string value) => Text(name, GoText.Quote(value));

    private void Text(string name, string value)
    {
        Output.Write("\""u8);
        Output.Write(name);
        Output.Write("\" : "u8);
        Output.WriteLine(value);
    }
}
