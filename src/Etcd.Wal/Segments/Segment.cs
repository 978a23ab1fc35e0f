using Etcd.Disk;

namespace Etcd.Wal.Segments;

/// <summary>An open segment. Disposing it gives up its lock.</summary>
internal sealed class Segment(string directory, SegmentName name, IFile file) : IDisposable
{
    internal SegmentName Name { get; } = name;

    internal IFile File { get; } = file;

    /// <summary>Where the segment lies; the file may have been opened under another name before.</summary>
    internal string Path { get; } = System.IO.Path.Combine(directory, name.ToString());

    /// <summary>Opens a segment for reading and writing, and locks it.</summary>
    /// <exception cref="WalLockedException">Another process has it.</exception>
    internal static Segment OpenLocked(IFileSystem disk, string directory, SegmentName name)
    {
        string path = System.IO.Path.Combine(directory, name.ToString());
        IFile file = disk.Open(path, FileOpening.ReadWrite);
        if (file.TryLock(FileLock.OpenFileDescription))
        {
            return new Segment(directory, name, file);
        }

        file.Dispose();
        throw new WalLockedException(path);
    }

    /// <summary>Creates the file of a segment: locked, its blocks reserved, the first of them zeroed, all of it durable.</summary>
    internal static IFile CreateReserved(IFileSystem disk, string path, WalOptions options)
    {
        IFile file = disk.Open(path, FileOpening.CreateNew);
        try
        {
            if (!file.TryLock(FileLock.OpenFileDescription))
            {
                throw new WalLockedException(path);
            }

            file.Preallocate(options.SegmentBytes);
            file.Write(new byte[ZeroedAtCreation(options)], 0);
            if (!options.UnsafeNoSync)
            {
                file.Sync();
            }

            return file;
        }
        catch
        {
            // What a full disk has given of it would keep the disk full.
            file.Dispose();
            disk.DeleteFile(path);
            throw;
        }
    }

    /// <summary>Bytes at the beginning of a fresh segment whose blocks hold zeros rather than being merely reserved.</summary>
    internal static long ZeroedAtCreation(WalOptions options) => Math.Min(options.ZeroAheadBytes, options.SegmentBytes);

    /// <summary>Opens a segment for reading, without a lock.</summary>
    internal static Segment OpenToRead(IFileSystem disk, string directory, SegmentName name) =>
        new(directory, name, disk.Open(System.IO.Path.Combine(directory, name.ToString()), FileOpening.Read));

    public void Dispose() => File.Dispose();
}
