using System.Globalization;

using Etcd.Disk;

namespace Etcd.Backup;

/// <summary>Appends to a change file. A record is durable when its call returns.</summary>
public sealed class ChangeWriter : IDisposable
{
    /// <summary>Between the name of a file and the number of what was cut off it.</summary>
    internal const string SetAsideMark = ".cut-";

    private const int CopyBytes = 64 << 10;

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

    /// <summary>Where the bytes are that stood behind the last whole record; <see langword="null"/> when there were none.</summary>
    public string? SetAsidePath { get; private init; }

    /// <summary>Begins a file.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file, which does not exist.</param>
    /// <param name="clusterId">Cluster whose changes follow.</param>
    /// <param name="firstRevision">First revision that follows.</param>
    public static ChangeWriter Create(IFileSystem fileSystem, string path, ulong clusterId, long firstRevision)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        byte[] head = ChangeFrame.FileHead(clusterId, firstRevision);
        string part = path + SnapshotFile.PartSuffix;
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

    /// <summary>Goes on with a file that has been read to its end. What a crash left behind its last record is cut off, and kept in a file of its
    /// own: whether it was a crash is not certain.</summary>
    public static ChangeWriter Resume(IFileSystem fileSystem, string path, ChangeReader reader)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(reader);
        IFile file = fileSystem.Open(path, FileOpening.ReadWrite);
        try
        {
            string? setAside = null;
            if (file.Length > reader.ValidEnd)
            {
                setAside = SetAside(fileSystem, file, path, reader.ValidEnd);
                file.SetLength(reader.ValidEnd);
                file.Sync();
            }

            return new ChangeWriter(file, reader.ValidEnd, reader.Crc) { SetAsidePath = setAside };
        }
        catch
        {
            file.Dispose();
            throw;
        }
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

    private static string SetAside(IFileSystem fileSystem, IFile file, string path, long from)
    {
        string part = path + SnapshotFile.PartSuffix;
        fileSystem.DeleteFile(part);
        using (IFile kept = fileSystem.Open(part, FileOpening.CreateNew))
        {
            byte[] buffer = new byte[CopyBytes];
            long copied = 0;
            for (int read; (read = file.Read(buffer, from + copied)) > 0; copied += read)
            {
                kept.Write(buffer.AsSpan(0, read), copied);
            }

            kept.Sync();
        }

        int number = 1;
        while (fileSystem.FileExists(NameOf(number)))
        {
            number++;
        }

        fileSystem.Rename(part, NameOf(number));
        fileSystem.SyncDirectory(Path.GetDirectoryName(path)!);
        return NameOf(number);

        string NameOf(int copy) => string.Create(CultureInfo.InvariantCulture, $"{path}{SetAsideMark}{copy}");
    }
}
