using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Etcd.Server.Membership;

/// <summary>JSON forms of a member: in configuration changes and the backend, and its two halves in the v2 tree.</summary>
/// <remarks>Ids are JSON numbers above 2^53, so they are read as unsigned 64-bit integers and never as doubles.</remarks>
internal static class MemberRecord
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The whole member, as in the context of a configuration change and in the backend bucket <c>members</c>.</summary>
    internal static byte[] Write(Member member) => Build(writer =>
    {
        writer.WriteNumber("id"u8, member.Id);
        WriteList(writer, "peerURLs"u8, member.PeerUrls);
        if (member.IsLearner)
        {
            writer.WriteBoolean("isLearner"u8, true);
        }

        WriteAttributes(writer, member.Name, member.ClientUrls);
    });

    /// <summary>The context of the configuration change that makes a learner a voter.</summary>
    internal static byte[] WritePromotion(ulong memberId) => Build(writer =>
    {
        writer.WriteNumber("id"u8, memberId);
        writer.WriteNull("peerURLs"u8);
        writer.WriteBoolean("isPromote"u8, true);
    });

    /// <summary>Name and client URLs: the value of <c>/0/members/ID/attributes</c>.</summary>
    internal static byte[] WriteAttributes(string name, IReadOnlyList<string> clientUrls) =>
        Build(writer => WriteAttributes(writer, name, clientUrls));

    /// <summary>Peer URLs and the learner mark: the value of <c>/0/members/ID/raftAttributes</c>.</summary>
    internal static byte[] WriteRaftAttributes(Member member) => Build(writer =>
    {
        WriteList(writer, "peerURLs"u8, member.PeerUrls);
        if (member.IsLearner)
        {
            writer.WriteBoolean("isLearner"u8, true);
        }
    });

    /// <summary>Reads any of the three forms; what a form lacks stays at its default.</summary>
    /// <exception cref="JsonException">The bytes are not a JSON object of that shape.</exception>
    internal static Member Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("a member record is a JSON object");
        }

        return new Member(
            root.TryGetProperty("id"u8, out JsonElement id) ? id.GetUInt64() : 0,
            ReadList(root, "peerURLs"u8),
            root.TryGetProperty("isLearner"u8, out JsonElement learner) && learner.GetBoolean(),
            root.TryGetProperty("name"u8, out JsonElement name) ? name.GetString() ?? string.Empty : string.Empty,
            ReadList(root, "clientURLs"u8));
    }

    private static byte[] Build(Action<Utf8JsonWriter> writeProperties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writeProperties(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteAttributes(Utf8JsonWriter writer, string name, IReadOnlyList<string> clientUrls)
    {
        if (name.Length > 0)
        {
            writer.WriteString("name"u8, name);
        }

        if (clientUrls.Count > 0)
        {
            WriteList(writer, "clientURLs"u8, clientUrls);
        }
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

    private static IReadOnlyList<string> ReadList(JsonElement root, ReadOnlySpan<byte> name)
    {
        if (!root.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        return [.. list.EnumerateArray().Select(item => item.GetString() ?? string.Empty)];
    }
}
