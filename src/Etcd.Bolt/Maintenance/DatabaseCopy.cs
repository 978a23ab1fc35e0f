using System.Buffers;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Maintenance;

/// <summary>Writes one version of a database as a file: both metas made from the version's own, then all its pages as they are.</summary>
/// <remarks>The first meta has the version's transaction id, the second one less, whatever their parity. Pages that are free in the
/// version may be written at the same time, and hold anything.</remarks>
internal static class DatabaseCopy
{
    private const int ChunkBytes = 256 << 10;

    internal static void Write(DatabaseVersion version, Stream destination, IProgress<long>? progress)
    {
        ReadOnlySpan<byte> head = Head(version.Meta);
        destination.Write(head);
        progress?.Report(head.Length);
        for (long offset = head.Length; offset < version.Meta.DatabaseBytes;)
        {
            int length = ChunkLength(version, offset);
            destination.Write(version.Mapping.Map.Slice(offset, length));
            offset += length;
            progress?.Report(offset);
        }
    }

    internal static async Task WriteAsync(
        DatabaseVersion version, Stream destination, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        byte[] head = Head(version.Meta);
        await destination.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        progress?.Report(head.Length);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (long offset = head.Length; offset < version.Meta.DatabaseBytes;)
            {
                int length = ChunkLength(version, offset);
                version.Mapping.Map.Slice(offset, length).CopyTo(chunk);
                await destination.WriteAsync(chunk.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                offset += length;
                progress?.Report(offset);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static int ChunkLength(DatabaseVersion version, long offset) =>
        (int)Math.Min(ChunkBytes, version.Meta.DatabaseBytes - offset);

    private static byte[] Head(in Meta meta)
    {
        byte[] head = new byte[2 * meta.PageSizeBytes];
        meta.WriteTo(head.AsSpan(0, meta.PageSizeBytes), slot: 0);
        Meta before = meta with { TransactionId = meta.TransactionId - 1 };
        before.WriteTo(head.AsSpan(meta.PageSizeBytes), slot: 1);
        return head;
    }
}
