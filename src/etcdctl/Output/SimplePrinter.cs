using System.Globalization;
using Etcd.Client;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Diagnosis;
using Etcdctl.History;
using Etcdctl.Text;
using Etcdctl.Top;
using Google.Protobuf;

namespace Etcdctl.Output;

/// <summary>The default format: values for the eye and for shell scripts.</summary>
internal sealed class SimplePrinter(Terminal terminal, bool hex) : Printer("simple", terminal.Output)
{
    private static readonly byte[] HexDigits = "0123456789abcdef"u8.ToArray();

    /// <summary>Leave out keys.</summary>
    public bool ValuesOnly { get; set; }

    public override void Put(PutResponse reply)
    {
        Output.WriteLine("OK"u8);
        if (reply.PrevKv is not null)
        {
            WriteKeyValue(reply.PrevKv);
        }
    }

    public override void Get(RangeResponse reply)
    {
        foreach (KeyValue pair in reply.Kvs)
        {
            WriteKeyValue(pair);
        }
    }

    public override void Delete(DeleteRangeResponse reply)
    {
        WriteNumberLine(reply.Deleted);
        foreach (KeyValue pair in reply.PrevKvs)
        {
            WriteKeyValue(pair);
        }
    }

    public override void Transaction(TxnResponse reply)
    {
        Output.WriteLine(reply.Succeeded ? "SUCCESS"u8 : "FAILURE"u8);
        foreach (ResponseOp response in reply.Responses)
        {
            Output.WriteLine();
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
                    Output.WriteLine("unexpected response " + response.ResponseCase);
                    break;
            }
        }
    }

    public override void Watch(WatchResponse reply)
    {
        foreach (Event change in reply.Events)
        {
            Output.WriteLine(change.Type == Event.Types.EventType.Put ? "PUT"u8 : "DELETE"u8);
            if (change.PrevKv is not null)
            {
                WriteKeyValue(change.PrevKv);
            }

            WriteKeyValue(change.Kv);
        }
    }

    public override void Grant(LeaseGrantResponse reply) =>
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease {(ulong)reply.ID:x16} granted with TTL({reply.TTL}s)"));

    public override void Revoke(long leaseId, LeaseRevokeResponse reply) =>
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease {(ulong)leaseId:x16} revoked"));

    public override void KeepAlive(LeaseKeepAliveResponse reply) =>
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease {(ulong)reply.ID:x16} keepalived with TTL({reply.TTL})"));

    public override void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys)
    {
        if (reply.GrantedTTL == 0 && reply.TTL == -1)
        {
            Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lease {(ulong)reply.ID:x16} already expired"));
            return;
        }

        Output.Write(string.Create(CultureInfo.InvariantCulture, $"lease {(ulong)reply.ID:x16} granted with TTL({reply.GrantedTTL}s), remaining({reply.TTL}s)"));
        if (withKeys)
        {
            Output.Write(", attached keys(["u8);
            for (int i = 0; i < reply.Keys.Count; i++)
            {
                Output.Write(i == 0 ? ""u8 : " "u8);
                Output.Write(reply.Keys[i].Span);
            }

            Output.Write("])"u8);
        }

        Output.WriteLine();
    }

    public override void Leases(LeaseLeasesResponse reply)
    {
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"found {reply.Leases.Count} leases"));
        foreach (LeaseStatus lease in reply.Leases)
        {
            Output.WriteLine(GoNumber.Hex((ulong)lease.ID, 16));
        }
    }

    public override void Alarms(AlarmResponse reply)
    {
        foreach (AlarmMember alarm in reply.Alarms)
        {
            Output.WriteLine(AlarmText.Describe(alarm));
        }
    }

    public override void Members(MemberListResponse reply) => WriteRows(ReplyTable.OfMembers(reply));

    public override void MemberAdded(MemberAddResponse reply) => WriteMemberLine(reply.Member.ID, "added to", reply.Header);

    public override void MemberRemoved(ulong memberId, MemberRemoveResponse reply) => WriteMemberLine(memberId, "removed from", reply.Header);

    public override void MemberUpdated(ulong memberId, MemberUpdateResponse reply) => WriteMemberLine(memberId, "updated in", reply.Header);

    public override void MemberPromoted(ulong memberId, MemberPromoteResponse reply) => WriteMemberLine(memberId, "promoted in", reply.Header);

    public override void Downgrade(string success, DowngradeResponse reply) => Output.WriteLine(success + reply.Version);

    public override void LeaderMoved(ulong from, ulong to, MoveLeaderResponse reply) =>
        Output.WriteLine($"Leadership transferred from {GoNumber.Hex(from)} to {GoNumber.Hex(to)}");

    public override void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints) =>
        WriteRows(ReplyTable.OfStatus(endpoints));

    public override void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints) =>
        WriteRows(ReplyTable.OfHashes(endpoints));

    public override void Health(IReadOnlyList<EndpointHealth> endpoints)
    {
        foreach (EndpointHealth endpoint in endpoints)
        {
            if (endpoint.Error.Length == 0)
            {
                Output.WriteLine($"{endpoint.Endpoint} is healthy: successfully committed proposal: took = "
                    + GoDuration.Format(endpoint.Took));
            }
            else
            {
                terminal.Error.WriteLine(
                    $"{endpoint.Endpoint} is unhealthy: failed to commit proposal: {endpoint.Error}");
            }
        }
    }

    public override void History(KeyHistory history) => WriteRows(ReportTable.OfHistory(history));

    public override void Findings(IReadOnlyList<Finding> findings) => FindingText.Write(Output, findings);

    public override void Sample(ClusterSample sample)
    {
        Columns.Write(Output, ReportTable.OfMembers(sample));
        if (sample.HotPrefixes.Count > 0)
        {
            Output.WriteLine();
            Columns.Write(Output, ReportTable.OfHotPrefixes(sample));
        }
    }

    // IDs are padded with spaces here, and nowhere else.
    private void WriteMemberLine(ulong memberId, string change, ResponseHeader? header) => Output.WriteLine(
        $"Member {GoNumber.Hex(memberId),16} {change} cluster {GoNumber.Hex(header?.ClusterId ?? 0),16}");

    public override void AuthStatus(AuthStatusResponse reply)
    {
        Output.WriteLine(reply.Enabled ? "Authentication Status: true"u8 : "Authentication Status: false"u8);
        Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"AuthRevision: {reply.AuthRevision}"));
    }

    public override void UserAdd(string user, AuthUserAddResponse reply) => Output.WriteLine($"User {user} created");

    public override void UserDelete(string user, AuthUserDeleteResponse reply) => Output.WriteLine($"User {user} deleted");

    public override void UserGet(string user, AuthUserGetResponse reply)
    {
        Output.WriteLine($"User: {user}");
        Output.WriteLine(string.Concat(reply.Roles.Select(role => " " + role).Prepend("Roles:")));
    }

    public override void UserList(AuthUserListResponse reply) => WriteLines(reply.Users);

    public override void UserChangePassword(AuthUserChangePasswordResponse reply) => Output.WriteLine("Password updated"u8);

    public override void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) =>
        Output.WriteLine($"Role {role} is granted to user {user}");

    public override void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) =>
        Output.WriteLine($"Role {role} is revoked from user {user}");

    public override void RoleAdd(string role, AuthRoleAddResponse reply) => Output.WriteLine($"Role {role} created");

    public override void RoleDelete(string role, AuthRoleDeleteResponse reply) => Output.WriteLine($"Role {role} deleted");

    public override void RoleList(AuthRoleListResponse reply) => WriteLines(reply.Roles);

    public override void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) =>
        Output.WriteLine($"Role {role} updated");

    public override void RoleRevokePermission(
        string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => Output.WriteLine(rangeEnd switch
        {
            [] => $"Permission of key {key} is revoked from role {role}",
            [0] => $"Permission of range [{key}, <open ended> is revoked from role {role}",
            _ => $"Permission of range [{key}, {RawText.Decode(rangeEnd)}) is revoked from role {role}",
        });

    public override void RoleGet(string role, AuthRoleGetResponse reply)
    {
        Output.WriteLine($"Role {role}");
        Output.WriteLine("KV Read:"u8);
        WritePermissions(reply, without: Permission.Types.Type.Write);
        Output.WriteLine("KV Write:"u8);
        WritePermissions(reply, without: Permission.Types.Type.Read);
    }

    private void WritePermissions(AuthRoleGetResponse reply, Permission.Types.Type without)
    {
        foreach (Permission permission in reply.Perm.Where(permission => permission.PermType != without))
        {
            Output.Write("\t"u8);
            Output.WriteLine(Describe(permission));
        }
    }

    private static string Describe(Permission permission)
    {
        string key = RawText.Decode(permission.Key.Span);
        if (permission.RangeEnd.IsEmpty)
        {
            return key;
        }

        string range = permission.RangeEnd.Span is [0] ? $"[{key}, <open ended>" : $"[{key}, {RawText.Decode(permission.RangeEnd.Span)})";
        bool isPrefix = key.Length > 0
            && permission.RangeEnd.Span.SequenceEqual(KeyRange.Prefix(permission.Key).End.ByteString.Span);
        return isPrefix ? $"{range} (prefix {key})" : range;
    }

    private void WriteLines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Output.WriteLine(line);
        }
    }

    private void WriteNumberLine(long number) => Output.WriteLine(number.ToString(CultureInfo.InvariantCulture));

    private void WriteRows(ReplyTable table)
    {
        foreach (string[] row in table.Rows)
        {
            Output.WriteLine(string.Join(", ", row));
        }
    }

    private void WriteKeyValue(KeyValue pair)
    {
        if (!ValuesOnly)
        {
            WriteBytesLine(pair.Key);
        }

        WriteBytesLine(pair.Value);
    }

    private void WriteBytesLine(ByteString bytes)
    {
        if (!hex)
        {
            Output.WriteLine(bytes.Span);
            return;
        }

        foreach (byte b in bytes.Span)
        {
            Output.Write([(byte)'\\', (byte)'x', HexDigits[b >> 4], HexDigits[b & 15]]);
        }

        Output.WriteLine();
    }
}
