using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using Etcd.Disk;
using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Wal.Snapshots;

/// <summary>Bytes and names of <c>.snap</c> files.</summary>
/// <remarks><code>
/// snappb.Snapshot: 08 crc  12 length  raftpb.Snapshot      (crc: CRC-32C of the inner bytes)
/// name: term-index.snap, both as 16 hexadecimal digits, so that names sort by age
/// </code></remarks>
internal static class SnapshotFile
{
    internal const string Suffix = ".snap";

    private const string Message = "snappb.Snapshot";
    private const int HeadBytesMax = 6 + 6;

    internal static string NameOf(SnapshotMetadata metadata) =>
        string.Create(CultureInfo.InvariantCulture, $"{metadata.Term:x16}-{metadata.Index:x16}{Suffix}");

    internal static bool TryReadName(string fileName, out ulong index)
    {
        index = 0;
        return fileName.Length == 16 + 1 + 16 + Suffix.Length
            && fileName.EndsWith(Suffix, StringComparison.Ordinal)
            && fileName[16] == '-'
            && ulong.TryParse(fileName.AsSpan(17, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out index);
    }

    internal static ReadOnlyMemory<byte> Encode(Snapshot snapshot)
    {
        // The checksum comes first and has a varying length: the inner bytes go behind room for the longest head.
        int innerBytes = RaftCodec.SizeOf(snapshot);
        byte[] bytes = new byte[checked(HeadBytesMax + innerBytes)];
        Span<byte> inner = bytes.AsSpan(HeadBytesMax);
        RaftCodec.Write(snapshot, inner);

        Span<byte> head = stackalloc byte[HeadBytesMax];
        var writer = new ProtoWriter(head);
        writer.WriteVarintField(1, Crc32C.Append(0, inner));
        writer.WriteLengthPrefix(2, innerBytes);
        int start = HeadBytesMax - writer.Position;
        head[..writer.Position].CopyTo(bytes.AsSpan(start));
        return bytes.AsMemory(start);
    }

    /// <summary>Reads a file's bytes; the snapshot's data is a part of them.</summary>
    internal static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Snapshot? snapshot, out string fault)
    {
        snapshot = null;
        try
        {
            (uint crc, ReadOnlyMemory<byte> inner) = ReadEnvelope(bytes);
            uint found = Crc32C.Append(0, inner.Span);
            if (crc == 0 || inner.IsEmpty)
            {
                fault = "checksum or data is missing";
            }
            else if (crc != found)
            {
                fault = $"checksum {found:x8} instead of {crc:x8}";
            }
            else
            {
                snapshot = RaftCodec.ReadSnapshot(inner);
                fault = string.Empty;
            }
        }
        catch (ProtoFormatException malformed)
        {
            fault = malformed.Message;
        }

        return snapshot is not null;
    }

    private static (uint Crc, ReadOnlyMemory<byte> Inner) ReadEnvelope(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ProtoReader(bytes.Span, Message);
        uint crc = 0;
        ReadOnlyMemory<byte> inner = default;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    crc = (uint)reader.ReadUpTo(uint.MaxValue);
                    break;
                case 2:
                    inner = reader.ReadBytes(bytes);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (crc, inner);
    }
}
