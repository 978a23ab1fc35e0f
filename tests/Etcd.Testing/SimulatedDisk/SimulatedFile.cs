using Etcd.Disk;

namespace Etcd.Testing.SimulatedDisk;

/// <summary>An open file of the simulated disk.</summary>
internal sealed class SimulatedFile(SimulatedFileSystem disk, string path, FileNode node, bool writable) : IFile
{
    private bool _closed;

    public string Path => path;

    public long Length => disk.Locked(() => Opened.Length);

    private FileNode Opened
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return node;
        }
    }

    private FileNode Writable =>
        writable ? Opened : throw new UnauthorizedAccessException($"{path} was opened for reading only");

    public int Read(Span<byte> buffer, long offset)
    {
        lock (disk.Gate)
        {
            FileNode opened = Opened;
            disk.Begin(DiskOperationKind.Read, path);
            return opened.Read(buffer, offset);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (disk.Gate)
        {
            FileNode opened = Writable;
            try
            {
                disk.Begin(DiskOperationKind.Write, path);
            }
            catch (IOException failure) when (failure is not PowerLostException)
            {
                // An error does not mean that nothing was written. But a sector is written wholly or not at all.
                int half = bytes.Length / 2;
                opened.Write(bytes[..Math.Max(0, half - (int)((offset + half) % SectorLottery.SectorBytes))], offset);
                throw;
            }

            WriteWhatFits(opened, bytes, offset);
        }
    }

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        byte[] joined = new byte[buffers.Sum(buffer => buffer.Length)];
        int end = 0;
        foreach (ReadOnlyMemory<byte> buffer in buffers)
        {
            buffer.Span.CopyTo(joined.AsSpan(end));
            end += buffer.Length;
        }

        Write(joined, offset);
    }

    public void WriteDurably(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (disk.Gate)
        {
            // Two steps, so that power can be lost between them.
            Write(bytes, offset);
            BeginSync();
            Opened.SyncLastWrite();
        }
    }

    public void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        lock (disk.Gate)
        {
            FileNode opened = Writable;
            disk.Begin(DiskOperationKind.SetLength, path);
            opened.SetLength(length);
        }
    }

    public void Preallocate(long length)
    {
        lock (disk.Gate)
        {
            FileNode opened = Writable;
            disk.Begin(DiskOperationKind.Preallocate, path);
            if (opened.BlocksMissing(0, length) > disk.FreeBytes)
            {
                throw new DiskFullException(path);
            }

            opened.Preallocate(length);
        }
    }

    public void SyncData() => Sync();

    public void Sync()
    {
        lock (disk.Gate)
        {
            BeginSync();
            Opened.Sync();
        }
    }

    public bool TryLock(FileLock kind) => disk.Locked(() => Opened.TryLock(this, kind));

    public IFileMap Map(long length)
    {
        lock (disk.Gate)
        {
            return new SimulatedFileMap(disk, Opened, length);
        }
    }

    public void Dispose()
    {
        lock (disk.Gate)
        {
            _closed = true;
            node.Unlock(this);
        }
    }

    private void BeginSync()
    {
        FileNode opened = Opened;
        try
        {
            disk.Begin(DiskOperationKind.Sync, path);
        }
        catch (IOException failure) when (failure is not PowerLostException)
        {
            disk.FailSync(opened);
            throw;
        }
    }

    private void WriteWhatFits(FileNode opened, ReadOnlySpan<byte> bytes, long offset)
    {
        if (opened.BlocksMissing(offset, bytes.Length) <= disk.FreeBytes)
        {
            opened.Write(bytes, offset);
            return;
        }

        int fitting = 0;
        while (fitting < bytes.Length && opened.BlocksMissing(offset, fitting + 1) <= disk.FreeBytes)
        {
            fitting++;
        }

        opened.Write(bytes[..fitting], offset);
        throw new DiskFullException(path);
    }
}
