using System.Numerics;

using Etcd.Bolt.Format;
using Etcd.Bolt.Integrity;
using Etcd.Bolt.Maintenance;
using Etcd.Bolt.Pages;
using Etcd.Bolt.Tree;
using Etcd.Disk;

namespace Etcd.Bolt;

/// <summary>A B+tree in one file, in bbolt's format: real etcd opens what this writes, and the other way round.</summary>
/// <remarks>Readers on any thread, one writer at a time. A commit never changes a page that an open version uses: it writes
/// changed nodes to free pages, syncs, and then writes one of two meta pages, whichever is older, and syncs again.</remarks>
public sealed class BoltDatabase : IDisposable
{
    private readonly BoltOptions _options;
    private readonly DatabaseFile _file;
    private readonly VersionChain _versions;
    private readonly Lock _gate = new();

    // Null in a read-only database.
    private readonly FreePages? _free;
    private readonly TreeRuns? _runs;
    private long _inUseBytes;
    private long _liveBytes;
    private bool _isWriting;
    private volatile bool _isDisposed;

    private BoltDatabase(BoltOptions options, DatabaseFile file, DatabaseVersion version, FreePages? free, TreeRuns? runs)
    {
        _options = options;
        _file = file;
        _versions = new VersionChain(version);
        _free = free;
        _runs = runs;
        CountInUse();
    }

    /// <summary>Size in bytes of the newest version: pages below its high-water mark. The file may be longer.</summary>
    public long SizeBytes => _versions.Newest.Meta.DatabaseBytes;

    /// <summary>Bytes of <see cref="SizeBytes"/> in pages that are not free for reuse. In a read-only database, where free pages are
    /// of no use and not looked for, the same as <see cref="SizeBytes"/>.</summary>
    public long InUseBytes => Volatile.Read(ref _inUseBytes);

    /// <summary>Bytes of <see cref="SizeBytes"/> in pages of the newest version: without the free ones, and those that are free once no
    /// older version is read any more. In a read-only database the same as <see cref="SizeBytes"/>.</summary>
    public long LiveBytes => Volatile.Read(ref _liveBytes);

    /// <summary>Length of the file in bytes: <see cref="SizeBytes"/> and what lies behind the last page.</summary>
    public long FileBytes => _file.LengthBytes;

    /// <summary>Path of the file.</summary>
    public string Path => _file.Path;

    /// <summary>Opens a database, and makes it if there is no file.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <param name="options">How to open it.</param>
    /// <exception cref="DatabaseLockedException">Another has it open.</exception>
    /// <exception cref="CorruptDatabaseException">The file is no database, or is damaged.</exception>
    /// <exception cref="ArgumentException">The page size is no power of two from 1024 to 65536.</exception>
    public static BoltDatabase Open(IFileSystem fileSystem, string path, BoltOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        if (options.PageSizeBytes is < PageFormat.PageSizeBytesMin or > 65536 || !BitOperations.IsPow2(options.PageSizeBytes))
        {
            throw new ArgumentException($"the page size is a power of two from 1024 to 65536, not {options.PageSizeBytes}", nameof(options));
        }

        IFile file = fileSystem.Open(path, options.ReadOnly ? FileOpening.Read : FileOpening.CreateOrReadWrite);
        try
        {
            DatabaseLock.Take(file, options);
            if (!options.ReadOnly)
            {
                MakeDurable(fileSystem, file, options);
            }

            return Open(file, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Begins reading the newest version. Any thread; takes no lock.</summary>
    public BoltReadTransaction BeginRead()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new BoltReadTransaction(_versions, _versions.HoldNewest());
    }

    /// <summary>Begins the write transaction.</summary>
    /// <exception cref="InvalidOperationException">One is open, or the database is for reading only.</exception>
    /// <exception cref="DatabaseWriteFailedException">An earlier commit left the disk in doubt.</exception>
    public BoltWriteTransaction BeginWrite()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        FreePages free = _free ?? throw new InvalidOperationException("the database is open for reading only");
        _file.ThrowIfInDoubt();
        lock (_gate)
        {
            if (_isWriting)
            {
                throw new InvalidOperationException("a write transaction is open");
            }

            _isWriting = true;
        }

        try
        {
            free.Release(_versions.OlderReaders(out ulong oldestEnded), oldestEnded);
            CountInUse();
            DatabaseVersion newest = _versions.HoldNewest();
            return new BoltWriteTransaction(
                this, newest, NextId(newest), new PageAllocation(free, newest.Meta.PageSizeBytes, newest.Meta.HighWater));
        }
        catch
        {
            EndWriting();
            throw;
        }
    }

    /// <summary>Looks through the newest version for damage: pages lost, used twice or free and used, keys out of order, wrong
    /// lengths or positions. Readers and writers may go on meanwhile.</summary>
    /// <returns>What was found, one sentence each; empty when all is well. After the first hundred it stops looking.</returns>
    /// <remarks>In a file opened for reading only, both meta pages are looked at too; otherwise the next commit writes the one anew that was
    /// not taken. Nothing in the format tells of a changed byte of a value.</remarks>
    /// <exception cref="InvalidOperationException">A write transaction is open at the moment of the call.</exception>
    public IReadOnlyList<string> Check() => [.. Inspect().Select(fault => fault.Message)];

    /// <summary>As <see cref="Check"/>, with the places of what was found.</summary>
    /// <exception cref="InvalidOperationException">A write transaction is open at the moment of the call.</exception>
    public IReadOnlyList<DatabaseFault> Inspect()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        DatabaseVersion version;
        PageBitmap? free;
        lock (_gate)
        {
            if (_isWriting)
            {
                throw new InvalidOperationException("a write transaction is open");
            }

            version = _versions.HoldNewest();
            free = _free?.Snapshot();
        }

        try
        {
            IReadOnlyList<DatabaseFault> faults = IntegrityCheck.Run(version, free);
            return _options.ReadOnly ? [.. _file.MetaFaults(), .. faults] : faults;
        }
        finally
        {
            _versions.LetGo(version);
        }
    }

    /// <summary>Writes the newest version into a new file without free pages.</summary>
    /// <param name="fileSystem">The disk of the new file.</param>
    /// <param name="path">Path of the new file, which must not exist. The caller makes its name durable.</param>
    /// <param name="fillPercent">How full its pages are made, 0.1 to 1.0.</param>
    /// <param name="transactionBytesMax">Bytes of keys and values per transaction: what the copy takes in memory.</param>
    /// <param name="progress">Told the bytes of keys and values copied so far, after each transaction.</param>
    /// <exception cref="CorruptDatabaseException">This file is damaged.</exception>
    public void CompactTo(
        IFileSystem fileSystem, string path, double fillPercent, long transactionBytesMax, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentOutOfRangeException.ThrowIfLessThan(transactionBytesMax, 1);
        using BoltReadTransaction source = BeginRead();

        // One sync at the end is enough: until the caller gives the file its name, a crash leaves nothing that anybody would read.
        BoltOptions options = _options with { ReadOnly = false, PageSizeBytes = source.Version.Meta.PageSizeBytes, UnsafeNoSync = true };
        fileSystem.Open(path, FileOpening.CreateNew).Dispose();
        using BoltDatabase target = Open(fileSystem, path, options);
        bool syncs = !_options.UnsafeNoSync;
        var compaction = new Compaction(target, fillPercent, transactionBytesMax, copiedBytes =>
        {
            if (syncs)
            {
                target._file.WriteBackGrowth();
            }

            progress?.Report(copiedBytes);
        });
        compaction.Run(source);

        // All of it has been read once. Whoever opens the copy next reads as much again: both at once would be twice the database.
        source.Version.Mapping.Map.Forget();
        if (syncs)
        {
            target._file.Sync();
        }
    }

    /// <summary>Closes the file and gives up its lock. Nothing is written. Read transactions that are open can still be read.</summary>
    /// <exception cref="InvalidOperationException">A write transaction is open.</exception>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isWriting)
            {
                throw new InvalidOperationException("a write transaction is open");
            }

            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _versions.Dispose();
        _file.Dispose();
    }

    internal void Commit(BoltWriteTransaction transaction)
    {
        FreePages free = _free!;
        PageAllocation allocation = transaction.Allocation;
        DatabaseVersion previous = transaction.Version;
        Meta meta;
        try
        {
            ulong root = new BucketSpiller(previous.Pages, allocation, transaction.Moves).SpillTopLevel(transaction.TopLevel);
            meta = previous.Meta with
            {
                RootPageId = root,
                RootSequence = transaction.TopLevel.Sequence,
                FreelistPageId = SpillFreelist(free, allocation, previous, transaction.EndTarget, out ulong highWater),
                HighWater = highWater,
                TransactionId = transaction.Id,
            };
            _file.Grow(meta.DatabaseBytes);
            if (transaction.EndTarget is not null)
            {
                _file.Cut(Math.Max(highWater, _versions.HighestHighWater()));
            }

            allocation.SortDirty();
            _file.WritePages(allocation.Dirty);
            _file.WriteMeta(meta);
        }
        catch
        {
            // The version before is whole, and its pages were not touched. Where the meta may have been written all the same,
            // the file takes no further write, so that the pages it names stay as they are.
            allocation.Undo();
            throw;
        }

        free.Committed(transaction.Id, allocation, _versions.HasReaders());
        free.GiveUpFrom(meta.HighWater);
        _runs!.Committed(allocation, meta);
        _versions.Publish(new DatabaseVersion(meta, meta.Slot, _file.Mapping, Path));
        CountInUse();
    }

    internal void EndWrite(BoltWriteTransaction transaction)
    {
        _versions.LetGo(transaction.Version);
        EndWriting();
    }

    // A writer that was killed may have left its last meta, or the file's name, in the system's memory only. The next commit writes over pages of the
    // version before: were that still the newest on the disk when power is lost, nothing whole would be left.
    private static void MakeDurable(IFileSystem fileSystem, IFile file, BoltOptions options)
    {
        string directory = System.IO.Path.GetDirectoryName(file.Path) is { Length: > 0 } parent ? parent : ".";
        if (NewDatabase.IsUnmade(file, options.PageSizeBytes))
        {
            NewDatabase.Write(file, options.PageSizeBytes);
            fileSystem.SyncDirectory(directory);
        }
        else if (!options.UnsafeNoSync)
        {
            file.SyncData();
            try
            {
                fileSystem.SyncDirectory(directory);
            }
            catch (UnauthorizedAccessException)
            {
                // A file can be written in a directory that cannot be opened, and then somebody else has made it.
            }
        }
    }

    private static BoltDatabase Open(IFile file, BoltOptions options)
    {
        Meta meta = MetaPages.ReadNewest(file, out int slot);
        var databaseFile = new DatabaseFile(file, meta, options.InitialMapBytes, syncs: !options.UnsafeNoSync);
        var version = new DatabaseVersion(meta, slot, databaseFile.Mapping, file.Path);
        try
        {
            if (options.ReadOnly)
            {
                return new BoltDatabase(options, databaseFile, version, free: null, runs: null);
            }

            PageBitmap free = FindFreePages(version, out PageBitmap runStarts);
            return new BoltDatabase(options, databaseFile, version, new FreePages(free), new TreeRuns(runStarts));
        }
        catch
        {
            version.Mapping.LetGo();
            databaseFile.Mapping.LetGo();
            throw;
        }
    }

    // The trees are walked even when a list is stored: one that names a page in use would let the next commit destroy it.
    private static PageBitmap FindFreePages(DatabaseVersion version, out PageBitmap runStarts)
    {
        Meta meta = version.Meta;
        PageBitmap used = ReachablePages.Of(version.Pages, meta, out runStarts);
        if (meta.FreelistPageId == PageFormat.NoFreelist)
        {
            return used.Complement(PageFormat.MetaPages, meta.HighWater);
        }

        PageBitmap free = StoredFreelist.Read(version.Pages, meta.FreelistPageId, meta.HighWater);
        PageRun list = version.Pages.RunAt(meta.FreelistPageId);
        for (ulong page = list.Start; page < list.Start + (ulong)list.Count; page++)
        {
            if (!used.TryAdd(page))
            {
                throw version.Pages.Corrupt((long)list.Start * meta.PageSizeBytes, "a freelist in pages of its own", $"page {page} of it in a tree");
            }
        }

        for (ulong page = free.NextMember(0); page != PageBitmap.None; page = free.NextMember(page + 1))
        {
            if (used.Contains(page))
            {
                throw version.Pages.Corrupt(
                    (long)meta.FreelistPageId * meta.PageSizeBytes, "a freelist apart from the pages in use", $"page {page} in both");
            }
        }

        return free;
    }

    // A commit writes the meta page of its id's parity. In a snapshot copy the newest meta may lie in the page of the other
    // parity; an id is left out then, since a torn write must never hit the only meta that is known to be good.
    private static ulong NextId(DatabaseVersion newest)
    {
        ulong next = newest.Id + 1;
        return (int)(next & 1) == newest.MetaSlot ? next + 1 : next;
    }

    private void EndWriting()
    {
        lock (_gate)
        {
            _isWriting = false;
        }
    }

    internal long PlanMoves(BoltWriteTransaction transaction, ulong endTarget, long pagesMax)
    {
        DatabaseVersion version = transaction.Version;
        return new TailEvacuation(transaction.TopLevel, version.Pages, _runs!, _free!, transaction.Moves!)
            .Plan(version.Meta.HighWater, endTarget, pagesMax);
    }

    /// <summary>Writes the freelist, if one is stored, after everything else has its pages.</summary>
    /// <param name="free">The free pages.</param>
    /// <param name="allocation">What the transaction takes and frees.</param>
    /// <param name="previous">The version it began from.</param>
    /// <param name="endTarget">Page from which on free pages at the end are given up, or <see langword="null"/>.</param>
    /// <param name="highWater">High-water mark of the new version.</param>
    private ulong SpillFreelist(
        FreePages free, PageAllocation allocation, DatabaseVersion previous, ulong? endTarget, out ulong highWater)
    {
        if (previous.Meta.FreelistPageId != PageFormat.NoFreelist)
        {
            allocation.Free(previous.Pages.RunAt(previous.Meta.FreelistPageId));
        }

        if (!_options.StoreFreelist)
        {
            highWater = EndOfPages(free, allocation, endTarget);
            return PageFormat.NoFreelist;
        }

        // Taking the list's own pages can only make it shorter.
        ulong idsMax = free.FreeCount + free.PendingCount + allocation.FreedPages;
        int pageSize = previous.Meta.PageSizeBytes;
        PageRun run = allocation.Allocate(StoredFreelist.PagesFor(idsMax, pageSize), out Span<byte> bytes);
        highWater = EndOfPages(free, allocation, endTarget);
        PageBitmap all = free.Snapshot();
        foreach (PageRun freed in allocation.Freed)
        {
            all.Add(freed);
        }

        all.RemoveFrom(highWater);

        StoredFreelist.Write(all, run.Start, bytes, pageSize);
        return run.Start;
    }

    // Only pages that nobody reads are given up: a page that waits for a reader could otherwise be taken again as a new one.
    private static ulong EndOfPages(FreePages free, PageAllocation allocation, ulong? endTarget) => endTarget is { } target
        ? Math.Clamp(free.StartOfFreeTail(allocation.HighWater), Math.Min(target, allocation.HighWater), allocation.HighWater)
        : allocation.HighWater;

    private void CountInUse()
    {
        Meta meta = _versions.Newest.Meta;
        long inUse = meta.DatabaseBytes - ((long)(_free?.FreeCount ?? 0) * meta.PageSizeBytes);
        Volatile.Write(ref _inUseBytes, inUse);
        Volatile.Write(ref _liveBytes, inUse - ((long)(_free?.PendingCount ?? 0) * meta.PageSizeBytes));
    }
}
