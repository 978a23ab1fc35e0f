using Microsoft.Win32.SafeHandles;

namespace Etcd.Disk.Linux;

/// <summary>The real disk of a Linux machine.</summary>
public sealed class LinuxFileSystem : IFileSystem
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint OwnerReadWrite = 0b110_000_000; // 0600

    private LinuxFileSystem()
    {
    }

    /// <summary>The one instance; it holds no state.</summary>
    public static LinuxFileSystem Instance { get; } = new();

    /// <inheritdoc />
    public IFile Open(string path, FileOpening mode)
    {
        int flags = SystemCalls.CloseOnExec | mode switch
        {
            FileOpening.Read => SystemCalls.ReadOnly,
            FileOpening.ReadWrite => SystemCalls.ReadWrite,
            FileOpening.CreateOrReadWrite => SystemCalls.ReadWrite | SystemCalls.Create,
            FileOpening.CreateNew => SystemCalls.ReadWrite | SystemCalls.Create | SystemCalls.Exclusive,
            _ => throw new ArgumentOutOfRangeException(nameof(mode)),
        };

        int descriptor = SystemCalls.Open(path, flags, OwnerReadWrite);
        return descriptor >= 0
            ? new LinuxFile(path, new SafeFileHandle(descriptor, ownsHandle: true))
            : throw SystemError.Last($"open {path}", path);
    }

    /// <inheritdoc />
    public bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc />
    public bool DirectoryExists(string path) => Directory.Exists(path);

    /// <inheritdoc />
    public void CreateDirectory(string path)
    {
        // Given a whole path, .NET uses the mode for the last directory alone and leaves its parents open to everybody.
        string full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(full)) is { } parent && !Directory.Exists(parent))
        {
            CreateDirectory(parent);
        }

        Directory.CreateDirectory(full, OwnerOnly);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> List(string directory)
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(directory).Select(entry => Path.GetFileName(entry))];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc />
    public void Rename(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
            return;
        }

        File.Move(from, to, overwrite: true);
    }

    /// <inheritdoc />
    public void DeleteFile(string path) => File.Delete(path);

    /// <inheritdoc />
    public void DeleteDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <inheritdoc />
    public void SyncDirectory(string directory)
    {
        int descriptor = SystemCalls.Open(directory, SystemCalls.ReadOnly | SystemCalls.CloseOnExec, 0);
        if (descriptor < 0)
        {
            throw SystemError.Last($"open {directory}", directory);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (SystemCalls.Sync(handle) != 0)
        {
            throw SystemError.Last($"fsync {directory}", directory);
        }
    }
}
