using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Etcd.Server.Membership;

/// <summary>The payload of <c>.snap</c> files: the v2 tree as JSON, of which the membership branch <c>/0</c> is read and written.</summary>
/// <remarks>
/// A directory is told from a file by <c>Children</c> being an object. Real etcd 3.4 and 3.5 start from a tree with an empty event
/// history and no statistics. Keys of v2 clients (branch <c>/1</c>) are not carried here: a snapshot that holds some is refused, since
/// dropping them would lose data.
/// </remarks>
internal static class MembershipTree
{
    private const string NeverExpires = "0001-01-01T00:00:00Z";
    private const int HistoryCapacity = 1000;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>Writes the tree of <paramref name="membership"/>.</summary>
    internal static byte[] Write(ClusterView membership, ulong treeIndex)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("Root"u8);
            WriteDirectory(writer, "/", () =>
            {
                writer.WritePropertyName("0"u8);
                WriteDirectory(writer, "/0", () => WriteCluster(writer, membership));
                writer.WritePropertyName("1"u8);
                WriteDirectory(writer, "/1", () => { });
            });
            WriteEmptyHistory(writer);
            writer.WriteNumber("CurrentIndex"u8, treeIndex);
            writer.WriteStartObject("Stats"u8);
            writer.WriteEndObject();
            writer.WriteNumber("CurrentVersion"u8, 2);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the membership branch.</summary>
    /// <param name="json">Payload of a snapshot.</param>
    /// <param name="clusterId">Id of the cluster; it stands in the WAL, not in the tree.</param>
    /// <param name="treeIndex">The tree's own change counter.</param>
    /// <exception cref="InvalidDataException">The payload is not such a tree, or holds keys of v2 clients.</exception>
    internal static ClusterView Read(ReadOnlyMemory<byte> json, ulong clusterId, out ulong treeIndex)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            treeIndex = document.RootElement.GetProperty("CurrentIndex"u8).GetUInt64();
            JsonElement root = document.RootElement.GetProperty("Root"u8).GetProperty("Children"u8);
            if (HasChildren(root, "1") || HasChildren(root, "2"))
            {
                throw new InvalidDataException(
                    "the snapshot holds keys or users of the v2 API, which this server cannot keep; it leaves the data untouched");
            }

            return ReadCluster(root.GetProperty("0"u8).GetProperty("Children"u8), clusterId);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the snapshot's payload is not a v2 tree: {failure.Message}", failure);
        }
    }

    private static bool HasChildren(JsonElement directory, string name) =>
        directory.TryGetProperty(name, out JsonElement child)
        && child.GetProperty("Children"u8) is { ValueKind: JsonValueKind.Object } children
        && children.EnumerateObject().Any();

    private static ClusterView ReadCluster(JsonElement cluster, ulong clusterId)
    {
        var members = new List<Member>();
        if (cluster.TryGetProperty("members"u8, out JsonElement directory))
        {
            foreach (JsonProperty entry in directory.GetProperty("Children"u8).EnumerateObject())
            {
                members.Add(ReadMember(ParseId(entry.Name), entry.Value.GetProperty("Children"u8)));
            }
        }

        var removed = new List<ulong>();
        if (cluster.TryGetProperty("removed_members"u8, out JsonElement removedDirectory))
        {
            removed.AddRange(removedDirectory.GetProperty("Children"u8).EnumerateObject().Select(entry => ParseId(entry.Name)));
        }

        string version = cluster.TryGetProperty("version"u8, out JsonElement file) ? ValueOf(file) : string.Empty;
        return new ClusterView(clusterId, [.. members.OrderBy(member => member.Id)], [.. removed.Order()], version);
    }

    private static Member ReadMember(ulong id, JsonElement files)
    {
        Member raft = MemberRecord.Read(Encoding.UTF8.GetBytes(ValueOf(files.GetProperty("raftAttributes"u8))));
        Member attributes = files.TryGetProperty("attributes"u8, out JsonElement file)
            ? MemberRecord.Read(Encoding.UTF8.GetBytes(ValueOf(file)))
            : raft;
        return raft with { Id = id, Name = attributes.Name, ClientUrls = attributes.ClientUrls };
    }

    private static string ValueOf(JsonElement file) => file.GetProperty("Value"u8).GetString() ?? string.Empty;

    private static ulong ParseId(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static void WriteCluster(Utf8JsonWriter writer, ClusterView membership)
    {
        writer.WritePropertyName("members"u8);
        WriteDirectory(writer, "/0/members", () =>
        {
            foreach (Member member in membership.Members)
            {
                string id = Member.FormatId(member.Id);
                writer.WritePropertyName(id);
                WriteDirectory(writer, $"/0/members/{id}", () => WriteMember(writer, $"/0/members/{id}", member));
            }
        });
        if (membership.RemovedMemberIds.Count > 0)
        {
            writer.WritePropertyName("removed_members"u8);
            WriteDirectory(writer, "/0/removed_members", () =>
            {
                foreach (ulong removed in membership.RemovedMemberIds)
                {
                    string id = Member.FormatId(removed);
                    writer.WritePropertyName(id);
                    WriteFile(writer, $"/0/removed_members/{id}", string.Empty);
                }
            });
        }

        if (membership.ClusterVersion.Length > 0)
        {
            writer.WritePropertyName("version"u8);
            WriteFile(writer, "/0/version", membership.ClusterVersion);
        }
    }

    private static void WriteMember(Utf8JsonWriter writer, string path, Member member)
    {
        if (member.HasStarted)
        {
            writer.WritePropertyName("attributes"u8);
            WriteFile(writer, $"{path}/attributes", Encoding.UTF8.GetString(MemberRecord.WriteAttributes(member.Name, member.ClientUrls)));
        }

        writer.WritePropertyName("raftAttributes"u8);
        WriteFile(writer, $"{path}/raftAttributes", Encoding.UTF8.GetString(MemberRecord.WriteRaftAttributes(member)));
    }

    private static void WriteDirectory(Utf8JsonWriter writer, string path, Action writeChildren)
    {
        WriteNodeHead(writer, path, string.Empty);
        writer.WriteStartObject("Children"u8);
        writeChildren();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter writer, string path, string value)
    {
        WriteNodeHead(writer, path, value);
        writer.WriteNull("Children"u8);
        writer.WriteEndObject();
    }

    private static void WriteNodeHead(Utf8JsonWriter writer, string path, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("Path"u8, path);
        writer.WriteNumber("CreatedIndex"u8, 0);
        writer.WriteNumber("ModifiedIndex"u8, 0);
        writer.WriteString("ExpireTime"u8, NeverExpires);
        writer.WriteString("Value"u8, value);
    }

    private static void WriteEmptyHistory(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("WatcherHub"u8);
        writer.WriteStartObject("EventHistory"u8);
        writer.WriteStartObject("Queue"u8);
        writer.WriteStartArray("Events"u8);
        for (int slot = 0; slot < HistoryCapacity; slot++)
        {
            writer.WriteNullValue();
        }

        writer.WriteEndArray();
        writer.WriteNumber("Size"u8, 0);
        writer.WriteNumber("Front"u8, 0);
        writer.WriteNumber("Back"u8, 0);
        writer.WriteNumber("Capacity"u8, HistoryCapacity);
        writer.WriteEndObject();
        writer.WriteNumber("StartIndex"u8, 0);
        writer.WriteNumber("LastIndex"u8, 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
