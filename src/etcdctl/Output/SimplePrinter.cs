using System.Globalization;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;
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

    // IDs are padded with spaces here, and nowhere else.
    private void WriteMemberLine(ulong memberId, string change, ResponseHeader? header) => Output.WriteLine(
        $"Member {GoNumber.Hex(memberId),16} {change} cluster {GoNumber.Hex(header?.ClusterId ?? 0),16}");

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
