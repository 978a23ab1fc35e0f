using Etcd.Disk;

namespace Etcd.Testing.SimulatedDisk;

/// <summary>The content of a file as programs see it, the content that would survive, and the changes in between.</summary>
internal sealed class FileNode : DiskNode
{
    internal const int BlockBytes = 4096;

    private readonly HashSet<long> _allocatedBlocks = [];
    private readonly List<FileChange> _unsynced = [];
    private readonly List<(object Owner, FileLock Kind)> _locks = [];

    // May be shorter than the length (the rest reads as zeros) or longer (space kept for a map).
    private byte[] _content = [];
    private FileImage _durable = new([], 0);

    internal long Length { get; private set; }

    internal long AllocatedBytes => (long)_allocatedBlocks.Count * BlockBytes;

    internal int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        Span<byte> wanted = buffer[..count];
        wanted.Clear();
        int stored = (int)Math.Clamp(_content.Length - offset, 0, count);
        _content.AsSpan((int)Math.Min(offset, _content.Length), stored).CopyTo(wanted);
        return count;
    }

    /// <summary>Bytes of new blocks that a write of this range needs.</summary>
    internal long BlocksMissing(long offset, long length)
    {
        long missing = 0;
        for (long block = offset / BlockBytes; block * BlockBytes < offset + length; block++)
        {
            missing += _allocatedBlocks.Contains(block) ? 0 : BlockBytes;
        }

        return missing;
    }

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        Allocate(offset, bytes.Length);
        Reserve(offset + bytes.Length);
        bytes.CopyTo(_content.AsSpan((int)offset));
        _unsynced.Add(FileChange.Write(offset, bytes.ToArray(), extends: offset + bytes.Length > Length));
        Length = Math.Max(Length, offset + bytes.Length);
    }

    internal void SetLength(long length)
    {
        if (length == Length)
        {
            return;
        }

        if (length < _content.Length)
        {
            _content.AsSpan((int)length).Clear();
        }

        _allocatedBlocks.RemoveWhere(block => block * BlockBytes >= length);
        _unsynced.Add(FileChange.SetLength(length));
        Length = length;
    }

    internal void Preallocate(long length)
    {
        Allocate(0, length);
        SetLength(Math.Max(length, Length));
    }

    internal void Sync()
    {
        foreach (FileChange change in _unsynced)
        {
            _durable = change.ApplyTo(_durable);
        }

        _unsynced.Clear();
    }

    /// <summary>Makes the newest change durable and no earlier one, as a durable write does.</summary>
    internal void SyncLastWrite()
    {
        if (_unsynced.Count == 0)
        {
            return;
        }

        FileChange last = _unsynced[^1];
        _unsynced.RemoveAt(_unsynced.Count - 1);
        if (_unsynced.Exists(earlier => earlier.Offset < last.End && (earlier.Bytes is null || last.Offset < earlier.End)))
        {
            throw new InvalidOperationException("a durable write over or beyond changes that were never synced proves nothing");
        }

        _durable = last.ApplyTo(_durable);
    }

    /// <summary>A sync that failed. The system drops what it could not write and calls the pages clean, so that a later
    /// sync succeeds without them: part of the changes is durable, the rest never will be although it still reads back.</summary>
    internal void FailSync(ref SplitMix64 random)
    {
        _durable = Survivors(ref random, CrashRules.WholeSectors);
        _unsynced.Clear();
    }

    internal FileNode AfterPowerLoss(ref SplitMix64 random, CrashRules rules) => Of(Survivors(ref random, rules));

    /// <summary>The file as it is, with what was not synced still to be synced.</summary>
    internal FileNode AsIs()
    {
        FileNode node = Of(new FileImage([.. _content], Length));
        node._durable = _durable with { Bytes = [.. _durable.Bytes] };
        node._unsynced.AddRange(_unsynced);
        return node;
    }

    /// <summary>Content for a map: grown so that the range is inside the array.</summary>
    internal byte[] Mapped(long offset, int length)
    {
        // Real memory ends with the page that holds the last byte; beyond it the process dies.
        long readable = (Length + BlockBytes - 1) / BlockBytes * BlockBytes;
        if (offset < 0 || length < 0 || offset + length > readable)
        {
            throw new InvalidOperationException($"map touched at {offset}+{length}, beyond the end of the file at {Length}");
        }

        Reserve(offset + length);
        return _content;
    }

    /// <summary>Makes room so that the content does not move in memory while it grows to <paramref name="length"/>.</summary>
    internal void Reserve(long length)
    {
        if (length > _content.Length)
        {
            Array.Resize(ref _content, (int)Math.Max(length, Math.Min(_content.Length * 2L, Array.MaxLength)));
        }
    }

    internal bool TryLock(object owner, FileLock kind)
    {
        bool isOpenFileDescription = kind == FileLock.OpenFileDescription;
        bool conflicts = _locks.Exists(held =>
            !ReferenceEquals(held.Owner, owner)
            && (held.Kind == FileLock.OpenFileDescription) == isOpenFileDescription
            && !(held.Kind == FileLock.FlockShared && kind == FileLock.FlockShared));
        if (conflicts)
        {
            return false;
        }

        _locks.RemoveAll(held =>
            ReferenceEquals(held.Owner, owner) && (held.Kind == FileLock.OpenFileDescription) == isOpenFileDescription);
        _locks.Add((owner, kind));
        return true;
    }

    internal void Unlock(object owner) => _locks.RemoveAll(held => ReferenceEquals(held.Owner, owner));

    private static FileNode Of(FileImage image)
    {
        var node = new FileNode
        {
            _content = [.. image.Bytes],
            Length = image.Length,
            _durable = image with { Bytes = [.. image.Bytes] },
        };
        node.Allocate(0, image.Length);
        return node;
    }

    private FileImage Survivors(ref SplitMix64 random, CrashRules rules) =>
        new SectorLottery(_unsynced, rules).Draw(_durable, ref random);

    private void Allocate(long offset, long length)
    {
        for (long block = offset / BlockBytes; block * BlockBytes < offset + length; block++)
        {
            _allocatedBlocks.Add(block);
        }
    }
}
