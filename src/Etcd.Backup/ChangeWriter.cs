using Etcd.Disk;

namespace Etcd.Backup;

/// <summary>Appends to a change file. A record is durable when its call returns.</summary>
public sealed class ChangeWriter : IDisposable
{
    private readonly IFile _file;
    private uint _crc;

    private ChangeWriter(IFile file, long offset, uint crc)
    {
        _file = file;
        SizeBytes = offset;
        _crc = crc;
    }

    /// <summary>Length of the file.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Begins a file.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file, which does not exist.</param>
    /// <param name="clusterId">Cluster whose changes follow.</param>
    /// <param name="firstRevision">First revision that follows.</param>
    public static ChangeWriter Create(IFileSystem fileSystem, string path, ulong clusterId, long firstRevision)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        byte[] head = ChangeFrame.FileHead(clusterId, firstRevision);
        string part = path + ".part";
        fileSystem.DeleteFile(part);
        using (IFile file = fileSystem.Open(part, FileOpening.CreateNew))
        {
            file.Write(head, 0);
            file.Sync();
        }

        fileSystem.Rename(part, path);
        fileSystem.SyncDirectory(Path.GetDirectoryName(path)!);
        return new ChangeWriter(fileSystem.Open(path, FileOpening.ReadWrite), head.Length, Crc32C.Append(0, head));
    }

    /// <summary>Goes on with a file that has been read to its end; what a crash left behind its last record is cut off.</summary>
    public static ChangeWriter Resume(IFileSystem fileSystem, string path, ChangeReader reader)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(reader);
        IFile file = fileSystem.Open(path, FileOpening.ReadWrite);
        if (file.Length > reader.ValidEnd)
        {
            file.SetLength(reader.ValidEnd);
            file.Sync();
        }

        return new ChangeWriter(file, reader.ValidEnd, reader.Crc);
    }

    /// <summary>Appends a record. Each has a sync of its own, so that a crash can only damage the last. After a failure the file must be read
    /// again before it is written.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Append(ChangeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        uint crc = _crc;
        byte[] frame = ChangeFrame.Encode(record, ref crc);
        _file.Write(frame, SizeBytes);
        _file.Sync();
        SizeBytes += frame.Length;
        _crc = crc;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
