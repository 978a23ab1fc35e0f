using Etcd.Disk;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>Tells of a durable write, which of them is not to be durable.</summary>
internal delegate bool LieAbout(string path, ReadOnlySpan<byte> written);

/// <summary>A disk that at times calls durable what it has only in its cache.</summary>
internal sealed class LyingDisk(IFileSystem disk, LieAbout isLie) : IFileSystem
{
    public IFile Open(string path, FileOpening mode) => new LyingFile(disk.Open(path, mode), isLie);

    public bool FileExists(string path) => disk.FileExists(path);

    public bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void DeleteFile(string path) => disk.DeleteFile(path);

    public void DeleteDirectory(string path) => disk.DeleteDirectory(path);

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);

    private sealed class LyingFile(IFile file, LieAbout isLie) : IFile
    {
        private bool _hasLied;

        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset) => file.Write(buffers, offset);

        public void WriteDurably(ReadOnlySpan<byte> bytes, long offset)
        {
            if (isLie(file.Path, bytes))
            {
                file.Write(bytes, offset);
                _hasLied = true;
            }
            else if (_hasLied)
            {
                // A later sync does bring everything to the disk.
                file.Write(bytes, offset);
                file.SyncData();
                _hasLied = false;
            }
            else
            {
                file.WriteDurably(bytes, offset);
            }
        }

        public void SetLength(long length) => file.SetLength(length);

        public void Preallocate(long length) => file.Preallocate(length);

        public void SyncData() => file.SyncData();

        public void Sync() => file.Sync();

        public void BeginWriteBack(long offset, long length) => file.BeginWriteBack(offset, length);

        public void AwaitWriteBack(long offset, long length) => file.AwaitWriteBack(offset, length);

        public bool TryLock(FileLock kind) => file.TryLock(kind);

        public IFileMap Map(long length) => file.Map(length);

        public void Dispose() => file.Dispose();
    }
}
