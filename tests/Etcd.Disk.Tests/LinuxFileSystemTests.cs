using Etcd.Disk.Linux;
using Etcd.Testing;

namespace Etcd.Disk.Tests;

public sealed class LinuxFileSystemTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IFileSystem _disk = LinuxFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void File_WrittenAtOffsets_ReadsBackWithZerosBetween()
    {
        using IFile file = _disk.Open(_directory.File("a"), FileOpening.CreateNew);

        file.Write("head"u8, 0);
        file.Write([new byte[] { 1, 2 }, new byte[] { 3 }], 8);
        file.SyncData();
        Span<byte> read = stackalloc byte[16];
        int count = file.Read(read, 0);

        Assert.Equal(11, count);
        Assert.Equal([.. "head"u8, 0, 0, 0, 0, 1, 2, 3], read[..count].ToArray());
    }

    [Fact]
    public void WriteDurably_InsideAndBeyondTheFile_ReadsBack()
    {
        using IFile file = _disk.Open(_directory.File("a"), FileOpening.CreateNew);
        file.SetLength(4);

        file.WriteDurably("beyond"u8, 2);
        file.WriteDurably([], 100);
        byte[] read = new byte[100];
        int count = file.Read(read, 0);

        Assert.Equal([0, 0, .. "beyond"u8], read[..count]);
    }

    [Fact]
    public void Open_CreateNewOfExistingFile_IsRefused()
    {
        _disk.Open(_directory.File("a"), FileOpening.CreateNew).Dispose();

        Assert.Throws<IOException>(() => _disk.Open(_directory.File("a"), FileOpening.CreateNew));
    }

    [Fact]
    public void Open_MissingFile_IsReportedAsNotFound() =>
        Assert.Throws<FileNotFoundException>(() => _disk.Open(_directory.File("none"), FileOpening.Read));

    [Theory]
    [InlineData(FileLock.FlockExclusive)]
    [InlineData(FileLock.OpenFileDescription)]
    public void TryLock_HeldByAnotherHandle_Fails(FileLock kind)
    {
        string path = _directory.File("locked");
        using IFile first = _disk.Open(path, FileOpening.CreateNew);
        using IFile second = _disk.Open(path, FileOpening.ReadWrite);

        Assert.True(first.TryLock(kind));
        Assert.False(second.TryLock(kind));
        first.Dispose();
        Assert.True(second.TryLock(kind));
    }

    [Fact]
    public void Map_FileWrittenAfterwards_ShowsTheNewBytes()
    {
        using IFile file = _disk.Open(_directory.File("mapped"), FileOpening.CreateNew);
        file.SetLength(4096);
        using IFileMap map = file.Map(1 << 20);

        file.Write("seen"u8, 100);

        Assert.True(map.Slice(100, 4).SequenceEqual("seen"u8));
        Assert.True(map.SliceMemory(100, 4).Span.SequenceEqual("seen"u8));
    }

    [Fact]
    public void Map_Forgotten_ReadsTheSameAndWhatIsWrittenAfterwards()
    {
        using IFile file = _disk.Open(_directory.File("mapped"), FileOpening.CreateNew);
        file.Write(new byte[8192], 0);
        file.Write("seen"u8, 100);
        using IFileMap map = file.Map(1 << 20);
        ReadOnlySpan<byte> slice = map.Slice(100, 9);
        Assert.True(slice.SequenceEqual("seen\0\0\0\0\0"u8));

        map.Forget();
        file.Write("again"u8, 104);

        Assert.True(slice.SequenceEqual("seenagain"u8));
    }

    // CVE-2020-15113: a data folder that others can read.
    [Fact]
    public void CreatedFilesAndDirectories_AreForTheOwnerOnly()
    {
        _disk.CreateDirectory(_directory.File("outer/inner"));
        _disk.Open(_directory.File("outer/inner/file"), FileOpening.CreateNew).Dispose();

        UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(ownerOnly, File.GetUnixFileMode(_directory.File("outer")));
        Assert.Equal(ownerOnly, File.GetUnixFileMode(_directory.File("outer/inner")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("outer/inner/file")));
    }
}
