using System.Buffers;

using Etcd.Disk;

namespace Etcd.Testing.SimulatedDisk;

/// <summary>A map of a simulated file. Touching it beyond the file throws where real memory would kill the process.</summary>
/// <remarks>Slices show later writes as long as the file stays within the mapped length (at most
/// <see cref="SimulatedFileSystem.MappedBytesStable"/>); a file that outgrows it moves, as on a real disk it would need a new map.</remarks>
internal sealed class SimulatedFileMap : IFileMap
{
    private readonly SimulatedFileSystem _disk;
    private readonly FileNode _node;
    private bool _disposed;

    internal SimulatedFileMap(SimulatedFileSystem disk, FileNode node, long length)
    {
        _disk = disk;
        _node = node;
        Length = length;
        _node.Reserve(Math.Min(length, disk.MappedBytesStable));
    }

    public long Length { get; }

    public ReadOnlySpan<byte> Slice(long offset, int length) => Content(offset, length).AsSpan((int)offset, length);

    public ReadOnlyMemory<byte> SliceMemory(long offset, int length) =>
        new DisposableMemory(this, Content(offset, length)).Memory.Slice((int)offset, length);

    public void Dispose() => _disposed = true;

    private byte[] Content(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((ulong)offset > (ulong)Length || (ulong)length > (ulong)(Length - offset))
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"beyond the {Length} mapped bytes");
        }

        lock (_disk.Gate)
        {
            return _node.Mapped(offset, length);
        }
    }

    /// <summary>Memory that cannot be read once its map is gone, as unmapped memory could not.</summary>
    private sealed class DisposableMemory(SimulatedFileMap map, byte[] content) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(map._disposed, map);
            return content;
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(map._disposed, map);
            return content.AsMemory(elementIndex).Pin();
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
