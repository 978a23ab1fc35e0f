namespace Etcd.Disk;

/// <summary>An open file. Offsets and lengths are in bytes. Reads may run beside one writer.</summary>
public interface IFile : IDisposable
{
    /// <summary>Path the file was opened under.</summary>
    string Path { get; }

    /// <summary>Current length.</summary>
    long Length { get; }

    /// <summary>Reads at <paramref name="offset"/> until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read; fewer than asked only at the end of the file.</returns>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>, growing the file if needed.</summary>
    /// <exception cref="DiskFullException">No space is left; part of the bytes may have been written.</exception>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Writes the buffers one after the other from <paramref name="offset"/> with as few system calls as possible.</summary>
    /// <exception cref="DiskFullException">No space is left; part of the bytes may have been written.</exception>
    void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset);

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/> and returns once they, and the length
    /// needed to read them back, are durable: one system call in place of a write and a sync.</summary>
    /// <remarks>Earlier writes that were not synced are not covered, even in the same file.</remarks>
    /// <exception cref="DiskFullException">No space is left; part of the bytes may have been written.</exception>
    void WriteDurably(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts or extends (with zeros) the file to <paramref name="length"/>.</summary>
    void SetLength(long length);

    /// <summary>Reserves disk blocks up to <paramref name="length"/> and extends the file to it with zeros.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    void Preallocate(long length);

    /// <summary>Makes written data, and the length needed to read it back, durable (<c>fdatasync</c>).</summary>
    void SyncData();

    /// <summary>Makes data and all metadata durable (<c>fsync</c>).</summary>
    void Sync();

    /// <summary>Begins to bring what was written in a range to the disk, and does not wait for it. It promises nothing about durability: a disk may
    /// leave everything to the next sync.</summary>
    void BeginWriteBack(long offset, long length)
    {
    }

    /// <summary>Waits until what <see cref="BeginWriteBack"/> has begun in a range has reached the disk, or at least its cache. Durable it is after a
    /// sync only.</summary>
    void AwaitWriteBack(long offset, long length)
    {
    }

    /// <summary>Takes an advisory lock, released when the file is disposed.</summary>
    /// <returns><see langword="false"/> when another holder has it.</returns>
    bool TryLock(FileLock kind);

    /// <summary>Maps the file into memory for reading. The map may be longer than the file; touching bytes beyond the
    /// file's end kills the process, so callers keep to pages they know to be written. Later writes show through.</summary>
    /// <param name="length">Bytes of address space to map.</param>
    IFileMap Map(long length);
}
