using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Etcd.Server.Offline.Inspection;

/// <summary>What a log entry asks for, without the secrets in it.</summary>
internal static class EntryContent
{
    private const string Hidden = "***";

    /// <summary>Name and content of the request as facts of a line.</summary>
    internal static (string Name, object Value)[] FactsOf(in Entry entry)
    {
        if (entry.Data.IsEmpty)
        {
            return [("request", "none")];
        }

        try
        {
            if (entry.Type != EntryType.Normal)
            {
                return Change(ConfChangeCodec.ReadConfChange(entry.Data));
            }

            if (LegacyRequestProbe.IsLegacyRequest(entry.Data.Span))
            {
                return V2(Request.Parser.ParseFrom(entry.Data.Span));
            }

            return V3(InternalRaftRequest.Parser.ParseFrom(entry.Data.Span));
        }
        catch (Exception unknown) when (unknown is InvalidProtocolBufferException or ProtoFormatException or System.Text.Json.JsonException or InvalidOperationException)
        {
            // A dump shows what is there; that it cannot be read is what is to be seen.
            return [("unreadable", unknown.Message), ("data", entry.Data.ToArray())];
        }
    }

    private static (string, object)[] V3(InternalRaftRequest request)
    {
        Hide(request);
        foreach (FieldDescriptor field in InternalRaftRequest.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType == FieldType.Message && field.Name != "header" && field.Accessor.GetValue(request) is IMessage content)
            {
                return
                [
                    ("request", field.Name),
                    .. request.Header is { Username.Length: > 0 } header ? [("user", header.Username)] : Array.Empty<(string, object)>(),
                    ("content", new EmbeddedJson(JsonFormatter.Default.Format(content))),
                ];
            }
        }

        return [("request", "unknown"), ("data", request.ToByteArray())];
    }

    private static (string, object)[] V2(Request request) =>
    [
        ("request", $"v2 {request.Method}"), ("path", request.Path), ("value", request.Val),
        .. request.Expiration != 0 ? [("expiration", request.Expiration)] : Array.Empty<(string, object)>(),
    ];

    private static (string, object)[] Change(ConfChange change) =>
    [
        ("request", change.Type.ToString()),
        ("member", Member.FormatId(change.NodeId)),
        .. change.Context.IsEmpty ? [] : new (string, object)[] { ("context", System.Text.Encoding.UTF8.GetString(change.Context.Span)) },
    ];

    private static void Hide(InternalRaftRequest request)
    {
        if (request.Authenticate is { } login)
        {
            login.Password = Hidden;
            login.SimpleToken = Hidden;
        }

        if (request.AuthUserAdd is { } user)
        {
            user.Password = user.Password.Length == 0 ? string.Empty : Hidden;
            user.HashedPassword = user.HashedPassword.Length == 0 ? string.Empty : Hidden;
        }

        if (request.AuthUserChangePassword is { } change)
        {
            change.Password = change.Password.Length == 0 ? string.Empty : Hidden;
            change.HashedPassword = change.HashedPassword.Length == 0 ? string.Empty : Hidden;
        }
    }
}
