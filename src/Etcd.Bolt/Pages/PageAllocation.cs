using System.Buffers;

namespace Etcd.Bolt.Pages;

/// <summary>The pages one write transaction takes, fills and frees. Nothing of it is in force before the commit.</summary>
internal sealed class PageAllocation : IDisposable
{
    private const int ChunkBytes = 256 << 10;

    private readonly FreePages _free;
    private readonly int _pageSizeBytes;
    private readonly List<DirtyRun> _dirty = [];
    private readonly List<PageRun> _freed = [];
    private readonly List<PageRun> _takenFromFree = [];
    private readonly List<byte[]> _chunks = [];
    private int _chunkUsed;

    internal PageAllocation(FreePages free, int pageSizeBytes, ulong highWater)
    {
        _free = free;
        _pageSizeBytes = pageSizeBytes;
        HighWater = highWater;
    }

    /// <summary>First page id that this transaction has not taken.</summary>
    internal ulong HighWater { get; private set; }

    /// <summary>Runs allocated so far, and what will be written to them.</summary>
    internal IReadOnlyList<DirtyRun> Dirty => _dirty;

    /// <summary>Runs of the version before that this transaction no longer uses.</summary>
    internal IReadOnlyList<PageRun> Freed => _freed;

    internal ulong FreedPages { get; private set; }

    /// <summary>Takes a run of pages to be written at the commit.</summary>
    /// <param name="count">Pages.</param>
    /// <param name="bytes">Their content, to be filled whole: it holds leftovers.</param>
    internal PageRun Allocate(int count, out Span<byte> bytes)
    {
        if (_free.TryAllocate(count, out PageRun run))
        {
            _takenFromFree.Add(run);
        }
        else
        {
            run = new PageRun(HighWater, count);
            HighWater += (ulong)count;
        }

        bytes = AddDirty(run);
        return run;
    }

    /// <summary>As <see cref="Allocate"/>, of free pages that end at or below page <paramref name="end"/>; never makes the file longer.</summary>
    internal bool TryAllocateBelow(ulong end, int count, out PageRun run, out Span<byte> bytes)
    {
        if (!_free.TryAllocateBelow(end, count, out run))
        {
            bytes = default;
            return false;
        }

        _takenFromFree.Add(run);
        bytes = AddDirty(run);
        return true;
    }

    /// <summary>Frees a run of the version before; a run of no pages is nothing.</summary>
    internal void Free(PageRun run)
    {
        if (run.Count > 0)
        {
            _freed.Add(run);
            FreedPages += (ulong)run.Count;
        }
    }

    /// <summary>Puts the allocated runs into ascending order, in which they are written.</summary>
    internal void SortDirty() => _dirty.Sort(static (left, right) => left.Run.Start.CompareTo(right.Run.Start));

    /// <summary>Gives the pages back to the free ones: the transaction did not happen.</summary>
    internal void Undo()
    {
        foreach (PageRun run in _takenFromFree)
        {
            _free.Return(run);
        }

        _takenFromFree.Clear();
        _dirty.Clear();
        _freed.Clear();
    }

    /// <summary>Gives the memory of the pages back.</summary>
    public void Dispose()
    {
        foreach (byte[] chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        _chunks.Clear();
        _dirty.Clear();
    }

    private Span<byte> AddDirty(PageRun run)
    {
        Memory<byte> memory = TakeMemory(checked(run.Count * _pageSizeBytes));
        _dirty.Add(new DirtyRun(run, memory));
        return memory.Span;
    }

    // Pages taken one after the other lie one after the other in memory too, which lets the commit write them at once.
    private Memory<byte> TakeMemory(int bytes)
    {
        if (_chunks.Count == 0 || bytes > _chunks[^1].Length - _chunkUsed)
        {
            _chunks.Add(ArrayPool<byte>.Shared.Rent(Math.Max(bytes, ChunkBytes)));
            _chunkUsed = 0;
        }

        Memory<byte> memory = _chunks[^1].AsMemory(_chunkUsed, bytes);
        _chunkUsed += bytes;
        return memory;
    }

    /// <summary>A run to be written, and its content.</summary>
    internal readonly record struct DirtyRun(PageRun Run, ReadOnlyMemory<byte> Bytes);
}
