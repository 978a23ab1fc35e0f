using System.Buffers;
using System.Text.Json;

using Etcd.Raft;

namespace Etcd.Server.Membership;

/// <summary>JSON form of a configuration, as in the backend's <c>meta/confState</c>.</summary>
internal static class ConfStateRecord
{
    internal static byte[] Write(ConfState state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteUnlessEmpty(writer, "voters"u8, state.Voters);
            WriteUnlessEmpty(writer, "learners"u8, state.Learners);
            WriteUnlessEmpty(writer, "voters_outgoing"u8, state.VotersOutgoing);
            WriteUnlessEmpty(writer, "learners_next"u8, state.LearnersNext);
            writer.WriteBoolean("auto_leave"u8, state.AutoLeave);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<ulong> ids)
    {
        if (ids.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (ulong id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }
}
