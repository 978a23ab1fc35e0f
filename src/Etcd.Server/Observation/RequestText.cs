using System.Globalization;
using System.Text;

using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Etcd.Server.Observation;

/// <summary>Requests as etcd's log lines have them. Values stay out: they may be secrets, and they may be large; so do passwords and tokens.</summary>
public static class RequestText
{
    private const int HeaderField = 100;

    /// <summary>A put.</summary>
    public static string Of(PutRequest put)
    {
        ArgumentNullException.ThrowIfNull(put);
        var text = new StringBuilder();
        Field(text, "key", put.Key);
        Number(text, "value_size", put.Value.Length, showsZero: true);
        Number(text, "lease", put.Lease);
        Flag(text, "prev_kv", put.PrevKv);
        Flag(text, "ignore_value", put.IgnoreValue);
        Flag(text, "ignore_lease", put.IgnoreLease);
        return text.ToString();
    }

    /// <summary>A range.</summary>
    public static string Of(RangeRequest range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var text = new StringBuilder();
        Field(text, "key", range.Key);
        Field(text, "range_end", range.RangeEnd);
        Number(text, "limit", range.Limit);
        Number(text, "revision", range.Revision);
        Text(text, "sort_order", range.SortOrder == 0 ? string.Empty : range.SortOrder.ToString().ToUpperInvariant());
        Text(text, "sort_target", range.SortTarget == 0 ? string.Empty : range.SortTarget.ToString().ToUpperInvariant());
        Flag(text, "serializable", range.Serializable);
        Flag(text, "keys_only", range.KeysOnly);
        Flag(text, "count_only", range.CountOnly);
        Number(text, "min_mod_revision", range.MinModRevision);
        Number(text, "max_mod_revision", range.MaxModRevision);
        Number(text, "min_create_revision", range.MinCreateRevision);
        Number(text, "max_create_revision", range.MaxCreateRevision);
        return text.ToString();
    }

    /// <summary>A deletion.</summary>
    public static string Of(DeleteRangeRequest deletion)
    {
        ArgumentNullException.ThrowIfNull(deletion);
        var text = new StringBuilder();
        Field(text, "key", deletion.Key);
        Field(text, "range_end", deletion.RangeEnd);
        Flag(text, "prev_kv", deletion.PrevKv);
        return text.ToString();
    }

    /// <summary>A transaction.</summary>
    public static string Of(TxnRequest txn)
    {
        ArgumentNullException.ThrowIfNull(txn);
        IEnumerable<string> parts = txn.Compare.Select(compare => $"compare:<{Of(compare)}>")
            .Concat(txn.Success.Select(operation => $"success:<{Of(operation)}>"))
            .Concat(txn.Failure.Select(operation => $"failure:<{Of(operation)}>"));
        return string.Join(' ', parts);
    }

    /// <summary>A replicated request with the head it travels under.</summary>
    internal static string Of(InternalRaftRequest request)
    {
        var text = new StringBuilder("header:<");
        text.Append(CultureInfo.InvariantCulture, $"ID:{request.Header?.ID ?? 0} ");
        Text(text, "username", request.Header is { Username.Length: > 0 } header ? $"\"{header.Username}\"" : string.Empty);
        Number(text, "auth_revision", (long)(request.Header?.AuthRevision ?? 0));
        text.Append("> ").Append(Operation(request));
        return text.ToString();
    }

    /// <summary>A replicated v2 request.</summary>
    internal static string Of(Request request) =>
        string.Create(CultureInfo.InvariantCulture, $"ID:{request.ID} Method:\"{request.Method}\" Path:\"{request.Path}\" Val_size:{request.Val.Length} ");

    /// <summary>Kind of a replicated request, as the <c>op</c> label has it.</summary>
    internal static string OperationOf(InternalRaftRequest request) => KindOf(request) is { } field ? Pascal(field.Name) : "unknown";

    private static string Operation(InternalRaftRequest request) =>
        request.Put is { } put ? $"put:<{Of(put)}>"
        : request.Txn is { } txn ? $"txn:<{Of(txn)}>"
        : request.DeleteRange is { } deletion ? $"delete_range:<{Of(deletion)}> "
        : request.Compaction is { } compaction ? $"compaction:<revision:{compaction.Revision} {(compaction.Physical ? "physical:true " : "")}> "
        : request.LeaseGrant is { } grant ? $"lease_grant:<TTL:{grant.TTL} ID:{grant.ID} > "
        : request.LeaseRevoke is { } revocation ? $"lease_revoke:<ID:{revocation.ID} > "
        : KindOf(request) is { } other ? $"{other.Name}:<> "
        : string.Empty;

    private static FieldDescriptor? KindOf(InternalRaftRequest request)
    {
        foreach (FieldDescriptor field in InternalRaftRequest.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldNumber != HeaderField && field.FieldType == FieldType.Message && field.Accessor.GetValue(request) is not null)
            {
                return field;
            }
        }

        return null;
    }

    private static string Pascal(string snake) =>
        string.Concat(snake.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static string Of(Compare compare)
    {
        var text = new StringBuilder();
        Text(text, "result", compare.Result == 0 ? string.Empty : compare.Result == Compare.Types.CompareResult.NotEqual ? "NOT_EQUAL"
            : compare.Result.ToString().ToUpperInvariant());
        Text(text, "target", compare.Target == 0 ? string.Empty : compare.Target.ToString().ToUpperInvariant());
        Field(text, "key", compare.Key);
        Field(text, "range_end", compare.RangeEnd);
        switch (compare.TargetUnionCase)
        {
            case Compare.TargetUnionOneofCase.Version:
                Number(text, "version", compare.Version, showsZero: true);
                break;
            case Compare.TargetUnionOneofCase.CreateRevision:
                Number(text, "create_revision", compare.CreateRevision, showsZero: true);
                break;
            case Compare.TargetUnionOneofCase.ModRevision:
                Number(text, "mod_revision", compare.ModRevision, showsZero: true);
                break;
            case Compare.TargetUnionOneofCase.Value:
                Number(text, "value_size", compare.Value.Length, showsZero: true);
                break;
            case Compare.TargetUnionOneofCase.Lease:
                Number(text, "lease", compare.Lease, showsZero: true);
                break;
        }

        return text.ToString();
    }

    private static string Of(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestPut => $"request_put:<{Of(operation.RequestPut)}>",
        RequestOp.RequestOneofCase.RequestTxn => $"request_txn:<{Of(operation.RequestTxn)}>",
        RequestOp.RequestOneofCase.RequestRange => $"request_range:<{Of(operation.RequestRange)}> ",
        RequestOp.RequestOneofCase.RequestDeleteRange => $"request_delete_range:<{Of(operation.RequestDeleteRange)}> ",
        _ => string.Empty,
    };

    private static void Field(StringBuilder text, string name, ByteString bytes)
    {
        if (!bytes.IsEmpty)
        {
            text.Append(name).Append(":\"");
            Escape(text, bytes.Span);
            text.Append("\" ");
        }
    }

    private static void Number(StringBuilder text, string name, long value, bool showsZero = false)
    {
        if (value != 0 || showsZero)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}:{value} ");
        }
    }

    private static void Flag(StringBuilder text, string name, bool value) => Text(text, name, value ? "true" : string.Empty);

    private static void Text(StringBuilder text, string name, string value)
    {
        if (value.Length > 0)
        {
            text.Append(name).Append(':').Append(value).Append(' ');
        }
    }

    // The text form of protobuf: what is not printable ASCII stands as three octal digits.
    private static void Escape(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte part in bytes)
        {
            _ = part switch
            {
                (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)part),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                >= 0x20 and < 0x7f => text.Append((char)part),
                _ => text.Append('\\').Append((char)('0' + (part >> 6))).Append((char)('0' + ((part >> 3) & 7))).Append((char)('0' + (part & 7))),
            };
        }
    }
}
