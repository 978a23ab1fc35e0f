using Etcd.Disk;

namespace Etcd.Server.Tests.Offline;

/// <summary>A disk as a user sees it who may not look into one of its directories: what lies there does not seem to exist.</summary>
internal sealed class DeniedFileSystem(IFileSystem disk, string denied) : IFileSystem
{
    public IFile Open(string path, FileOpening mode) => IsHidden(path) ? throw Refusal($"open {path}") : disk.Open(path, mode);

    public bool FileExists(string path) => !IsHidden(path) && disk.FileExists(path);

    public bool DirectoryExists(string path) => !IsHidden(path) && disk.DirectoryExists(path);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => directory == denied ? throw Refusal($"open {directory}") : disk.List(directory);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void DeleteFile(string path) => disk.DeleteFile(path);

    public void DeleteDirectory(string path) => disk.DeleteDirectory(path);

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);

    private static UnauthorizedAccessException Refusal(string operation) => new($"{operation}: Permission denied");

    private bool IsHidden(string path) => path.StartsWith(denied + "/", StringComparison.Ordinal);
}
