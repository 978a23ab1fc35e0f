using System.Buffers.Binary;

using Etcd.Disk;

using Google.Protobuf;

namespace Etcd.Backup;

/// <summary>Tells a last record that a crash cut short from a damaged one.</summary>
/// <remarks>A record is written in one piece and synced before the next. A crash leaves a first part of it, or all of its length with zeros where a
/// sector is missing, and nothing behind it. Where a record stands behind, what is wrong was whole once.</remarks>
internal static class CutShortRecord
{
    private const int SectorBytes = 512;
    private const int WindowBytes = 64 << 10;

    /// <summary>Whether a crash can have left what stands at the end of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">End of the last whole record.</param>
    /// <param name="end">End of the file.</param>
    /// <param name="length">The length that is stated there.</param>
    /// <param name="crc">The checksum that is stated there.</param>
    internal static bool IsPossible(IFile file, long offset, long end, uint length, uint crc)
    {
        // The length is all there when some of the checksum behind it is, in the same sector. The record then reaches the end of the file at least.
        bool lengthIsWhole = crc != 0 && offset / SectorBytes == (offset + ChangeFrame.HeadBytes - 1) / SectorBytes;
        return !(lengthIsWhole && length < end - offset - ChangeFrame.HeadBytes) && !HasRecord(file, offset + 1, end);
    }

    /// <summary>Whether a record stands anywhere in a part of a file.</summary>
    private static bool HasRecord(IFile file, long from, long end)
    {
        const int BytesToLookAt = ChangeFrame.HeadBytes + ChangeFrame.BodyBytesMin;
        byte[] window = new byte[WindowBytes];
        while (true)
        {
            int starts = file.Read(window, from) - BytesToLookAt + 1;
            for (int at = 0; at < starts; at++)
            {
                if (ChangeFrame.CanBeFrame(window.AsSpan(at, BytesToLookAt), end - from - at) && IsRecord(file, from + at))
                {
                    return true;
                }
            }

            if (starts <= 0)
            {
                return false;
            }

            from += starts;
        }
    }

    /// <summary>Whether the bytes at an offset read as a record that a keeper writes. Its checksum runs over the record in front of it, whose own
    /// may be what is damaged, so the content has to do: values of keys do not look like that by chance.</summary>
    private static bool IsRecord(IFile file, long offset)
    {
        Span<byte> head = stackalloc byte[ChangeFrame.HeadBytes];
        file.Read(head, offset);
        byte[] body = new byte[BinaryPrimitives.ReadUInt32LittleEndian(head)];
        file.Read(body, offset + head.Length);
        try
        {
            return ChangeFrame.Decode(body) is { Changes.Header.Revision: > 0 } or { Lease: { ID: not 0, GrantedTTL: > 0 } } or { Hash.Header.Revision: > 0 };
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidDataException)
        {
            // Bytes that are no record are what is expected here.
            return false;
        }
    }
}
