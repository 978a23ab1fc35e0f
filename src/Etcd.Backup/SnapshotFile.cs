using Etcd.Disk;

namespace Etcd.Backup;

/// <summary>A snapshot that is being received. It gets its name when all of it is durable: what bears the name is whole, and a file that bore it
/// before stays until then.</summary>
public sealed class SnapshotFile : IDisposable
{
    /// <summary>What the name of a file ends with until the file is whole.</summary>
    internal const string PartSuffix = ".part";

    private readonly IFileSystem _fileSystem;
    private readonly string _path;
    private readonly IFile _file;
    private bool _isKept;

    private SnapshotFile(IFileSystem fileSystem, string path, IFile file)
    {
        _fileSystem = fileSystem;
        _path = path;
        _file = file;
        Content = new SequentialStream(file);
    }

    /// <summary>Takes the snapshot.</summary>
    public Stream Content { get; }

    /// <summary>Where a snapshot is until it is whole.</summary>
    public static string PartPathOf(string path) => path + PartSuffix;

    /// <summary>Begins a file. What an earlier try has left is deleted.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static SnapshotFile Create(IFileSystem fileSystem, string path)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        fileSystem.DeleteFile(PartPathOf(path));
        return new SnapshotFile(fileSystem, path, fileSystem.Open(PartPathOf(path), FileOpening.CreateNew));
    }

    /// <summary>Makes what was written durable and gives it its name.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Keep()
    {
        _file.Sync();
        _fileSystem.Rename(PartPathOf(_path), _path);
        _isKept = true;
        _fileSystem.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/");
    }

    /// <summary>Closes the file and, unless it was kept, deletes it: half a snapshot is of no use, and would keep a full disk full.</summary>
    public void Dispose()
    {
        Content.Dispose();
        _file.Dispose();
        if (!_isKept)
        {
            _fileSystem.DeleteFile(PartPathOf(_path));
        }
    }
}
