using System.Runtime.InteropServices;

using Etcd.Bolt.Format;
using Etcd.Disk;

namespace Etcd.Bolt.Pages;

/// <summary>The database's file: its growth, its map, and the writes of a commit.</summary>
internal sealed class DatabaseFile : IDisposable
{
    private const long MapBytesMin = 32 << 10;
    private const long MapStepBytes = 1 << 30;
    private const long GrowthBytes = 16 << 20;

    // The file is not cut for less: cutting and growing again change its metadata, which the next sync has to write.
    private const long CutBytesMin = 1 << 20;

    // Nor is it cut by more at a time: freeing hundreds of megabytes at once holds up the syncs of other files for as long.
    private const long CutBytesMax = 32 << 20;

    private readonly IFile _file;
    private readonly int _pageSizeBytes;
    private readonly bool _syncs;
    private readonly PacedWriteBack _writeBack;
    private readonly byte[] _metaPage;
    private long _length;

    // End of the pages that may hold something. What growth has added behind it was never written and takes no disk.
    private long _writtenEnd;

    // Sizes of the database that the two metas on the disk name. Nothing is known of the older one before a commit has replaced it.
    private long _newestMetaBytes;
    private long _olderMetaBytes = long.MaxValue;

    // Why nothing may be written any more.
    private Exception? _doubt;

    internal DatabaseFile(IFile file, in Meta meta, long mapBytes, bool syncs)
    {
        _file = file;
        _pageSizeBytes = meta.PageSizeBytes;
        _syncs = syncs;
        _writeBack = new PacedWriteBack(file);
        _metaPage = new byte[_pageSizeBytes];
        _length = file.Length;
        _newestMetaBytes = meta.DatabaseBytes;

        // Power may have been lost before the file could be cut.
        _writtenEnd = _length;
        Mapping = NewMapping(Math.Max(mapBytes, meta.DatabaseBytes));
    }

    internal string Path => _file.Path;

    /// <summary>Length of the file in bytes. Any thread.</summary>
    internal long LengthBytes => Volatile.Read(ref _length);

    /// <summary>The map that versions committed from now on are read through.</summary>
    internal FileMapping Mapping { get; private set; }

    /// <summary>Refuses to go on after a failure that left the disk in doubt.</summary>
    internal void ThrowIfInDoubt()
    {
        if (_doubt is not null)
        {
            throw new DatabaseWriteFailedException(Path, _doubt);
        }
    }

    /// <summary>What is wrong with the meta pages.</summary>
    internal IReadOnlyList<DatabaseFault> MetaFaults() => MetaPages.Faults(_file, _pageSizeBytes);

    /// <summary>Makes file and map long enough for a database of <paramref name="bytes"/>.</summary>
    internal void Grow(long bytes)
    {
        if (bytes > Mapping.Map.Length)
        {
            FileMapping larger = NewMapping(bytes);
            Mapping.LetGo();
            Mapping = larger;
        }

        if (bytes > _length)
        {
            // As bbolt does: small files double with their map, larger ones grow by a fixed step.
            long length = Mapping.Map.Length <= GrowthBytes ? Mapping.Map.Length : bytes + GrowthBytes;
            SetLength(length);
        }

        _writtenEnd = Math.Max(_writtenEnd, bytes);
    }

    /// <summary>Cuts the file behind the pages that are still spoken of, if it is worth it.</summary>
    /// <param name="highWater">End of the pages that a reader or the commit can touch: reading mapped memory behind the end of the file kills
    /// the process.</param>
    /// <remarks>Nor is it cut below what either of the metas on the disk names, so that whichever is found after a loss of power names a
    /// whole file. A cut that is lost with the power leaves a longer file.</remarks>
    internal void Cut(ulong highWater)
    {
        long end = Math.Max((long)highWater * _pageSizeBytes, Math.Max(_newestMetaBytes, _olderMetaBytes));
        end = Math.Max(end, _writtenEnd - CutBytesMax);
        if (_writtenEnd > end && _writtenEnd - end >= Math.Min(CutBytesMin, end / 4))
        {
            try
            {
                SetLength(end);
            }
            catch (IOException)
            {
                // Nothing depends on the cut: the file stays longer than it need be, and a later commit tries again.
                return;
            }

            _writtenEnd = end;
        }
    }

    /// <summary>Writes the pages of a commit and makes them durable, before any meta names them.</summary>
    internal void WritePages(IReadOnlyList<PageAllocation.DirtyRun> ascending)
    {
        List<ReadOnlyMemory<byte>> neighbours = [];
        ulong first = 0;
        ulong next = 0;
        foreach (PageAllocation.DirtyRun dirty in ascending)
        {
            if (dirty.Run.Start != next)
            {
                WriteNeighbours(neighbours, first);
                first = dirty.Run.Start;
            }

            AppendMemory(neighbours, dirty.Bytes);
            next = dirty.Run.Start + (ulong)dirty.Run.Count;
        }

        WriteNeighbours(neighbours, first);
        if (_syncs)
        {
            SyncPages();
        }
    }

    /// <summary>Writes a meta page and makes it durable: the commit itself.</summary>
    internal void WriteMeta(in Meta meta)
    {
        meta.WriteTo(_metaPage, meta.Slot);
        long offset = (long)meta.Slot * _pageSizeBytes;
        try
        {
            if (_syncs)
            {
                _file.WriteDurably(_metaPage, offset);
            }
            else
            {
                _file.Write(_metaPage, offset);
            }
        }
        catch (Exception failure)
        {
            // The page may have been written nevertheless, and would then name pages that the next transaction reuses.
            throw Doubt(failure);
        }

        _olderMetaBytes = _newestMetaBytes;
        _newestMetaBytes = meta.DatabaseBytes;
    }

    /// <summary>Has the disk write what a file has grown by, of a file that does not sync by itself and is filled from its beginning to its end.</summary>
    internal void WriteBackGrowth() => _writeBack.WrittenTo(_writtenEnd);

    /// <summary>Makes everything durable that was written so far, of a file that does not sync by itself.</summary>
    internal void Sync() => _file.Sync();

    public void Dispose()
    {
        Mapping.LetGo();
        _file.Dispose();
    }

    private static void AppendMemory(List<ReadOnlyMemory<byte>> buffers, ReadOnlyMemory<byte> bytes)
    {
        if (buffers.Count > 0
            && MemoryMarshal.TryGetArray(buffers[^1], out ArraySegment<byte> last)
            && MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> added)
            && last.Array == added.Array
            && last.Offset + last.Count == added.Offset)
        {
            buffers[^1] = last.Array.AsMemory(last.Offset, last.Count + added.Count);
            return;
        }

        buffers.Add(bytes);
    }

    private void SetLength(long length)
    {
        _file.SetLength(length);
        Volatile.Write(ref _length, length);
    }

    private static long MapLength(long bytes)
    {
        long length = MapBytesMin;
        while (length < bytes)
        {
            length = length < MapStepBytes ? length * 2 : length + MapStepBytes;
        }

        return length;
    }

    private void WriteNeighbours(List<ReadOnlyMemory<byte>> neighbours, ulong first)
    {
        long offset = (long)first * _pageSizeBytes;
        switch (neighbours.Count)
        {
            case 0:
                return;
            case 1:
                _file.Write(neighbours[0].Span, offset);
                break;
            default:
                _file.Write(neighbours, offset);
                break;
        }

        neighbours.Clear();
    }

    private void SyncPages()
    {
        try
        {
            _file.SyncData();
        }
        catch (Exception failure)
        {
            throw Doubt(failure);
        }
    }

    private DatabaseWriteFailedException Doubt(Exception failure)
    {
        _doubt = failure;
        return new DatabaseWriteFailedException(Path, failure);
    }

    private FileMapping NewMapping(long bytes)
    {
        var mapping = new FileMapping(_file.Map(MapLength(bytes)));
        mapping.Hold();
        return mapping;
    }
}
