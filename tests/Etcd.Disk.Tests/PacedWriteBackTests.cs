using Etcd.Disk.Linux;
using Etcd.Testing;

namespace Etcd.Disk.Tests;

public sealed class PacedWriteBackTests
{
    [Fact]
    public void WrittenTo_WindowAfterWindow_BeginsEachAndAwaitsTheOneBefore()
    {
        var file = new RecordedFile();
        var writeBack = new PacedWriteBack(file, windowBytes: 10);

        foreach (long end in (long[])[4, 9, 12, 12, 21, 22, 50])
        {
            writeBack.WrittenTo(end);
        }

        Assert.Equal(["begin 0+12", "await 0+0", "begin 12+10", "await 0+12", "begin 22+28", "await 12+10"], file.Calls);
    }

    [Fact]
    public void WrittenTo_OnARealFile_LeavesItsContent()
    {
        using var directory = new TemporaryDirectory();
        using IFile file = LinuxFileSystem.Instance.Open(directory.File("a"), FileOpening.CreateNew);
        var writeBack = new PacedWriteBack(file, windowBytes: 4096);
        byte[] piece = new byte[3000];

        for (int i = 0; i < 20; i++)
        {
            piece.AsSpan().Fill((byte)i);
            file.Write(piece, i * piece.Length);
            writeBack.WrittenTo((i + 1) * piece.Length);
        }

        byte[] read = new byte[20 * piece.Length];
        Assert.Equal(read.Length, file.Read(read, 0));
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(i => Enumerable.Repeat((byte)i, piece.Length)), read);
    }

    private sealed class RecordedFile : IFile
    {
        public List<string> Calls { get; } = [];

        public string Path => "recorded";

        public long Length => throw new NotSupportedException();

        public int Read(Span<byte> buffer, long offset) => throw new NotSupportedException();

        public void Write(ReadOnlySpan<byte> bytes, long offset) => throw new NotSupportedException();

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset) => throw new NotSupportedException();

        public void WriteDurably(ReadOnlySpan<byte> bytes, long offset) => throw new NotSupportedException();

        public void SetLength(long length) => throw new NotSupportedException();

        public void Preallocate(long length) => throw new NotSupportedException();

        public void SyncData() => throw new NotSupportedException();

        public void Sync() => throw new NotSupportedException();

        public void BeginWriteBack(long offset, long length) => Calls.Add($"begin {offset}+{length}");

        public void AwaitWriteBack(long offset, long length) => Calls.Add($"await {offset}+{length}");

        public bool TryLock(FileLock kind) => throw new NotSupportedException();

        public IFileMap Map(long length) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
