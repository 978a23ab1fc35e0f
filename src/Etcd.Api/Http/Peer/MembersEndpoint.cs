using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

using Etcd.Peer;
using Etcd.Server;
using Etcd.Server.Membership;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.Peer;

/// <summary><c>GET /members</c>: the cluster as this member knows it, for members that join or start.</summary>
internal sealed class MembersEndpoint(EtcdServer server)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    internal Task HandleAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            return PlainReplies.MethodNotAllowedAsync(context);
        }

        ClusterView view = server.Cluster.View;
        context.Response.Headers[PeerHeaders.ClusterId] = PeerHeaders.FormatId(view.ClusterId);
        return PlainReplies.JsonAsync(context, StatusCodes.Status200OK, Write(view.Members.Select(member =>
            new PeerMemberRecord(member.Id, member.PeerUrls, member.IsLearner, member.Name, member.ClientUrls))));
    }

    /// <summary>A list of members and a line feed, as Go's encoder ends it.</summary>
    internal static ReadOnlyMemory<byte> Write(IEnumerable<PeerMemberRecord> members)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, WriterOptions))
        {
            writer.WriteStartArray();
            foreach (PeerMemberRecord member in members)
            {
                Write(writer, member);
            }

            writer.WriteEndArray();
        }

        body.Write("\n"u8);
        return body.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, PeerMemberRecord member)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, member.Id);
        WriteList(writer, "peerURLs"u8, member.PeerUrls);
        if (member.IsLearner)
        {
            writer.WriteBoolean("isLearner"u8, true);
        }

        if (member.Name.Length > 0)
        {
            writer.WriteString("name"u8, member.Name);
        }

        // A founder has its name from the start, and client URLs once it has published them.
        if (member.ClientUrls.Count > 0)
        {
            WriteList(writer, "clientURLs"u8, member.ClientUrls);
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
