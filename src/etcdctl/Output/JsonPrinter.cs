using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Diagnosis;
using Etcdctl.History;
using Etcdctl.Text;
using Etcdctl.Top;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Etcdctl.Output;

/// <summary>One JSON value a line. Messages leave out zero fields; the client's own records (watch, leases, health) do not.</summary>
internal sealed class JsonPrinter : Printer
{
    private readonly bool _hex;
    private readonly JsonText _json;
    private readonly JsonHeaders _headers;
    private readonly JsonKeyReplies _keys;
    private readonly JsonMembers _members;

    public JsonPrinter(OutputWriter output, bool hex)
        : base("json", output)
    {
        _hex = hex;
        _json = new JsonText(output);
        _headers = new JsonHeaders(_json);
        _keys = new JsonKeyReplies(_json, _headers);
        _members = new JsonMembers(_json, _headers);
    }

    public override void Put(PutResponse reply)
    {
        _keys.Write(reply);
        _json.EndLine();
    }

    public override void Get(RangeResponse reply)
    {
        _keys.Write(reply);
        _json.EndLine();
    }

    public override void Delete(DeleteRangeResponse reply)
    {
        _keys.Write(reply);
        _json.EndLine();
    }

    public override void Transaction(TxnResponse reply)
    {
        _keys.Write(reply);
        _json.EndLine();
    }

    public override void Watch(WatchResponse reply)
    {
        _json.BeginObject();
        _json.Name("Header");
        _json.BeginObject();
        _headers.Fields(reply.Header);
        _json.EndObject();
        _json.Name("Events");
        _json.BeginArray();
        foreach (Event change in reply.Events)
        {
            _json.BeginObject();
            _json.Optional("type", (long)change.Type);
            _keys.KeyValue("kv", change.Kv);
            _keys.KeyValue("prev_kv", change.PrevKv);
            _json.EndObject();
        }

        _json.EndArray();
        _json.Name("CompactRevision");
        _json.Value(reply.CompactRevision);
        _json.Name("Canceled");
        _json.Value(reply.Canceled);
        _json.Name("Created");
        _json.Value(reply.Created);
        _json.EndObject();
        _json.EndLine();
    }

    public override void Grant(LeaseGrantResponse reply)
    {
        _json.BeginObject();
        _headers.Fields(reply.Header);
        _json.Name("ID");
        _json.Value(reply.ID);
        _json.Name("TTL");
        _json.Value(reply.TTL);
        _json.Name("Error");
        _json.Value(reply.Error);
        _json.EndObject();
        _json.EndLine();
    }

    public override void Revoke(long leaseId, LeaseRevokeResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        _json.EndObject();
        _json.EndLine();
    }

    public override void KeepAlive(LeaseKeepAliveResponse reply)
    {
        _json.BeginObject();
        _headers.Fields(reply.Header);
        _json.Name("ID");
        _json.Value(reply.ID);
        _json.Name("TTL");
        _json.Value(reply.TTL);
        _json.EndObject();
        _json.EndLine();
    }

    public override void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys)
    {
        _json.BeginObject();
        _headers.Fields(reply.Header);
        _json.Name("id");
        _json.Value(reply.ID);
        _json.Name("ttl");
        _json.Value(reply.TTL);
        _json.Name("granted-ttl");
        _json.Value(reply.GrantedTTL);
        _json.Name("keys");
        if (reply.Keys.Count == 0)
        {
            _json.Null();
        }
        else
        {
            _json.BeginArray();
            foreach (ByteString key in reply.Keys)
            {
                _json.Value(key);
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Leases(LeaseLeasesResponse reply)
    {
        _json.BeginObject();
        _headers.Fields(reply.Header);
        _json.Name("leases");
        _json.BeginArray();
        foreach (LeaseStatus lease in reply.Leases)
        {
            _json.BeginObject();
            _json.Name("id");
            _json.Value(lease.ID);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndObject();
        _json.EndLine();
    }

    public override void Alarms(AlarmResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        if (reply.Alarms.Count > 0)
        {
            _json.Name("alarms");
            _json.BeginArray();
            foreach (AlarmMember alarm in reply.Alarms)
            {
                _json.BeginObject();
                _json.Optional("memberID", alarm.MemberID);
                _json.Optional("alarm", (long)alarm.Alarm);
                _json.EndObject();
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Members(MemberListResponse reply)
    {
        _json.BeginObject();
        if (_hex)
        {
            _members.HexFields(reply);
        }
        else
        {
            _members.Fields(reply);
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void MemberAdded(MemberAddResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        _json.Name("member");
        _members.Write(reply.Member);
        _members.List(reply.Members);
        _json.EndObject();
        _json.EndLine();
    }

    public override void MemberRemoved(ulong memberId, MemberRemoveResponse reply) => AllMembers(reply.Header, reply.Members);

    public override void MemberUpdated(ulong memberId, MemberUpdateResponse reply) => AllMembers(reply.Header, reply.Members);

    public override void MemberPromoted(ulong memberId, MemberPromoteResponse reply) => AllMembers(reply.Header, reply.Members);

    public override void LeaderMoved(ulong from, ulong to, MoveLeaderResponse reply)
    {
        _json.BeginObject();
        if (reply.Header is not null)
        {
            _headers.Write(reply.Header);
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Health(IReadOnlyList<EndpointHealth> endpoints)
    {
        _json.BeginArray();
        foreach (EndpointHealth endpoint in endpoints)
        {
            _json.BeginObject();
            _json.Name("endpoint");
            _json.Value(endpoint.Endpoint);
            _json.Name("health");
            _json.Value(endpoint.IsHealthy);
            _json.Name("took");
            _json.Value(GoDuration.Format(endpoint.Took));
            _json.Optional("error", endpoint.Error);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    public override void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints)
    {
        _json.BeginArray();
        foreach ((string endpoint, StatusResponse status) in endpoints)
        {
            _json.BeginObject();
            _json.Name("Endpoint");
            _json.Value(endpoint);
            _json.Name("Status");
            _json.BeginObject();
            _headers.Write(status.Header);
            _json.Optional("version", status.Version);
            _json.Optional("dbSize", status.DbSize);
            _json.Optional("leader", status.Leader);
            _json.Optional("raftIndex", status.RaftIndex);
            _json.Optional("raftTerm", status.RaftTerm);
            _json.Optional("raftAppliedIndex", status.RaftAppliedIndex);
            _json.Optional("errors", status.Errors);
            _json.Optional("dbSizeInUse", status.DbSizeInUse);
            _json.Optional("isLearner", status.IsLearner);
            _json.EndObject();
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    public override void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints)
    {
        _json.BeginArray();
        foreach ((string endpoint, HashKVResponse hash) in endpoints)
        {
            _json.BeginObject();
            _json.Name("Endpoint");
            _json.Value(endpoint);
            _json.Name("HashKV");
            _json.BeginObject();
            _headers.Write(hash.Header);
            _json.Optional("hash", hash.Hash);
            _json.Optional("compact_revision", hash.CompactRevision);
            _json.EndObject();
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    public override void Downgrade(string success, DowngradeResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        _json.Optional("version", reply.Version);
        _json.EndObject();
        _json.EndLine();
    }

    public override void History(KeyHistory history)
    {
        _json.BeginObject();
        _headers.Write(history.Header);
        _json.Name("key");
        _json.Value(history.Key);
        _json.Optional("compact_revision", history.CompactRevision);
        _json.Name("history");
        _json.BeginArray();
        foreach (Event change in history.Changes)
        {
            _json.BeginObject();
            _json.Name("type");
            _json.Value(change.Type == Event.Types.EventType.Delete ? "DELETE" : "PUT");
            _keys.KeyValue("kv", change.Kv);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndObject();
        _json.EndLine();
    }

    public override void Findings(IReadOnlyList<Finding> findings) => ReportJson.Write(_json, findings);

    public override void Sample(ClusterSample sample) => ReportJson.Write(_json, sample);

    public override void UserAdd(string user, AuthUserAddResponse reply) => HeaderAlone(reply.Header);

    public override void UserDelete(string user, AuthUserDeleteResponse reply) => HeaderAlone(reply.Header);

    public override void UserChangePassword(AuthUserChangePasswordResponse reply) => HeaderAlone(reply.Header);

    public override void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) => HeaderAlone(reply.Header);

    public override void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) => HeaderAlone(reply.Header);

    public override void RoleAdd(string role, AuthRoleAddResponse reply) => HeaderAlone(reply.Header);

    public override void RoleDelete(string role, AuthRoleDeleteResponse reply) => HeaderAlone(reply.Header);

    public override void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) => HeaderAlone(reply.Header);

    public override void RoleRevokePermission(string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => HeaderAlone(reply.Header);

    public override void AuthStatus(AuthStatusResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        _json.Optional("enabled", reply.Enabled);
        _json.Optional("authRevision", reply.AuthRevision);
        _json.EndObject();
        _json.EndLine();
    }

    public override void UserGet(string user, AuthUserGetResponse reply) => HeaderAnd(reply.Header, "roles", reply.Roles);

    public override void UserList(AuthUserListResponse reply) => HeaderAnd(reply.Header, "users", reply.Users);

    public override void RoleList(AuthRoleListResponse reply) => HeaderAnd(reply.Header, "roles", reply.Roles);

    public override void RoleGet(string role, AuthRoleGetResponse reply)
    {
        _json.BeginObject();
        _headers.Write(reply.Header);
        if (reply.Perm.Count > 0)
        {
            _json.Name("perm");
            _json.BeginArray();
            foreach (Permission permission in reply.Perm)
            {
                _json.BeginObject();
                _json.Optional("permType", (long)permission.PermType);
                _json.Optional("key", permission.Key);
                _json.Optional("range_end", permission.RangeEnd);
                _json.EndObject();
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    private void AllMembers(ResponseHeader? header, RepeatedField<Member> members)
    {
        _members.Write(header, members);
        _json.EndLine();
    }

    private void HeaderAlone(ResponseHeader? header) => HeaderAnd(header, "", []);

    private void HeaderAnd(ResponseHeader? header, string name, IReadOnlyList<string> values)
    {
        _json.BeginObject();
        _headers.Write(header);
        _json.Optional(name, values);
        _json.EndObject();
        _json.EndLine();
    }
}
