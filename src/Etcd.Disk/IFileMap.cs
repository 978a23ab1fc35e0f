namespace Etcd.Disk;

/// <summary>A read-only view of a file in memory. Unusable after disposal: the owner must know that no reader is left.</summary>
public interface IFileMap : IDisposable
{
    /// <summary>Bytes mapped.</summary>
    long Length { get; }

    /// <summary>Bytes of the file at <paramref name="offset"/>; they change as the file is written.</summary>
    ReadOnlySpan<byte> Slice(long offset, int length);

    /// <summary>The same bytes as memory, for hand-over to asynchronous writes; valid until the map is disposed.</summary>
    ReadOnlyMemory<byte> SliceMemory(long offset, int length);

    /// <summary>No longer counts as this process's memory what was read through the map so far; whoever reads it again brings it back. Beside
    /// readers.</summary>
    void Forget()
    {
    }
}
