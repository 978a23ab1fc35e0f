using Etcd.Disk;

namespace Etcd.Wal.Tests;

/// <summary>A disk that lets somebody else act between the question whether a file is there and the answer.</summary>
internal sealed class MeetingDisk(IFileSystem disk) : IFileSystem
{
    /// <summary>Done once, at the next question.</summary>
    public Action? WhenAskedForAFile { get; set; }

    public IFile Open(string path, FileOpening mode) => disk.Open(path, mode);

    public bool FileExists(string path)
    {
        bool exists = disk.FileExists(path);
        Action? act = WhenAskedForAFile;
        WhenAskedForAFile = null;
        act?.Invoke();
        return exists;
    }

    public bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void DeleteFile(string path) => disk.DeleteFile(path);

    public void DeleteDirectory(string path) => disk.DeleteDirectory(path);

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);
}
