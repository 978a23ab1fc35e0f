using Etcd.Disk;
using Etcd.Raft;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;

namespace Etcd.Wal;

/// <summary>The write-ahead log: entries, hard state and snapshot marks of one member, in etcd's format.</summary>
/// <remarks>
/// One thread appends; any thread may record snapshots and release locks. Nothing written is promised until
/// <see cref="Sync"/>, <see cref="Save"/> or <see cref="SaveSnapshot"/> has returned. After the disk has failed once the
/// log refuses everything: what a failed sync lost cannot be known, so the member must restart and read it again.
/// </remarks>
public sealed class WriteAheadLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IFileSystem _disk;
    private readonly string _directory;
    private readonly byte[] _metadata;
    private readonly WalOptions _options;
    private readonly List<Segment> _held; // locked, ascending; the last is the one written
    private readonly SegmentWriter _writer;
    private NextSegment? _next;
    private bool _nextWaitsForRoom; // the disk was full: it is made when it is needed
    private HardState _state;
    private ulong _lastIndex;
    private long _appendedBytes;
    private bool _needsSync;
    private Exception? _failure;
    private bool _disposed;

    private WriteAheadLog(IFileSystem disk, string directory, byte[] metadata, WalOptions options, List<Segment> held, SegmentWriter writer)
    {
        _disk = disk;
        _directory = directory;
        _metadata = metadata;
        _options = options;
        _held = held;
        _writer = writer;
    }

    /// <summary>Index of the last entry or snapshot recorded; 0 for none.</summary>
    public ulong LastIndex
    {
        get
        {
            lock (_gate)
            {
                return _lastIndex;
            }
        }
    }

    private Segment Tail => _held[^1];

    /// <summary>Whether a log is in <paramref name="directory"/>.</summary>
    public static bool Exists(IFileSystem fileSystem, string directory) => SegmentDirectory.List(fileSystem, directory).Count > 0;

    /// <summary>Creates a log. It appears under its name complete and durable, or not at all.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">Where the log goes: missing or empty.</param>
    /// <param name="metadata">The application's bytes about the member, repeated in each segment.</param>
    /// <param name="options">How the log is written.</param>
    /// <exception cref="IOException">The directory has something in it, or the disk failed.</exception>
    public static WriteAheadLog Create(IFileSystem fileSystem, string directory, ReadOnlyMemory<byte> metadata, WalOptions options)
    {
        directory = Path.TrimEndingDirectorySeparator(directory);
        (Segment segment, SegmentWriter writer) = NewLog.Create(fileSystem, directory, metadata.Span, options);
        return new WriteAheadLog(fileSystem, directory, metadata.ToArray(), options, [segment], writer);
    }

    /// <summary>Opens a log for appending and reads what follows a snapshot. A tail torn by a crash is repaired.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The log.</param>
    /// <param name="from">A snapshot the log has a record of; <see cref="WalSnapshot.None"/> for all entries.</param>
    /// <param name="options">How the log is written.</param>
    /// <param name="contents">What was read.</param>
    /// <exception cref="CorruptWalException">The log is damaged; nothing was changed.</exception>
    /// <exception cref="WalLockedException">Another process has the log open.</exception>
    /// <exception cref="WalSnapshotMissingException">The log has no record of <paramref name="from"/>.</exception>
    /// <exception cref="FileNotFoundException">No segment reaches back to <paramref name="from"/>.</exception>
    public static WriteAheadLog Open(
        IFileSystem fileSystem, string directory, WalSnapshot from, WalOptions options, out WalContents contents)
    {
        directory = Path.TrimEndingDirectorySeparator(directory);
        RecoveredLog log = RecoveredLog.Open(fileSystem, directory, from, options);
        contents = log.Contents;
        return new WriteAheadLog(fileSystem, directory, contents.Metadata.ToArray(), options, log.Segments, log.Writer)
        {
            _state = log.Replay.State,
            _lastIndex = log.Replay.LastIndex,
        };
    }

    /// <summary>Reads what follows a snapshot. Takes no lock and changes nothing; a torn tail is passed over.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The log; nobody may append to it meanwhile.</param>
    /// <param name="from">A snapshot the log has a record of; <see cref="WalSnapshot.None"/> for all entries.</param>
    /// <exception cref="CorruptWalException">The log is damaged.</exception>
    /// <exception cref="WalSnapshotMissingException">The log has no record of <paramref name="from"/>.</exception>
    /// <exception cref="FileNotFoundException">No segment reaches back to <paramref name="from"/>.</exception>
    public static WalContents Read(IFileSystem fileSystem, string directory, WalSnapshot from)
    {
        List<Segment> segments = [];
        try
        {
            foreach (SegmentName name in SegmentDirectory.From(fileSystem, directory, from.Index))
            {
                segments.Add(Segment.OpenToRead(fileSystem, directory, name));
            }

            var replay = new LogReplay(from);
            replay.ReadAll(new RecordReader(segments));
            replay.CheckSnapshotFound(directory);
            return new WalContents(replay.Metadata, replay.State, replay.Entries, TornTail: null);
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>Snapshot records of a log that speak of finished snapshots: those at or below the last commit index recorded.
    /// Takes no lock and changes nothing.</summary>
    /// <exception cref="CorruptWalException">The log is damaged.</exception>
    public static IReadOnlyList<WalSnapshot> ReadSnapshotRecords(IFileSystem fileSystem, string directory)
    {
        List<Segment> segments = [];
        try
        {
            foreach (SegmentName name in SegmentDirectory.List(fileSystem, directory))
            {
                segments.Add(Segment.OpenToRead(fileSystem, directory, name));
            }

            return SnapshotRecords.Valid(new RecordReader(segments));
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    /// <summary>Records entries and hard state, and returns once they are durable.</summary>
    /// <remarks>A change of the commit index alone waits for the next sync: it can be learned again.</remarks>
    /// <param name="state">The hard state; empty when it did not change.</param>
    /// <param name="entries">Entries to append; from an index on that is already there they replace what follows.</param>
    public void Save(in HardState state, ReadOnlySpan<Entry> entries)
    {
        lock (_gate)
        {
            Write(state, entries);
            if (_needsSync)
            {
                Sync();
            }
        }
    }

    /// <summary>Appends entries and hard state without making them durable: <see cref="Sync"/> follows, once for any number of these.</summary>
    /// <param name="state">The hard state; empty when it did not change.</param>
    /// <param name="entries">Entries to append; from an index on that is already there they replace what follows.</param>
    /// <exception cref="ArgumentException">The entries do not join the last entry or snapshot recorded; the log is of no more use.</exception>
    public void Write(in HardState state, ReadOnlySpan<Entry> entries)
    {
        lock (_gate)
        {
            CheckUsable();
            try
            {
                CutIfFull();
                long from = _writer.Offset;
                foreach (ref readonly Entry entry in entries)
                {
                    if (entry.Index - 1 > _lastIndex)
                    {
                        throw new ArgumentException($"entry {entry.Index} after {_lastIndex} would leave a gap", nameof(entries));
                    }

                    _writer.Append(entry);
                    _lastIndex = entry.Index;
                }

                if (!state.IsEmpty)
                {
                    _needsSync |= state.Term != _state.Term || state.Vote != _state.Vote;
                    _state = state;
                    _writer.Append(state);
                }

                _needsSync |= entries.Length > 0;
                _appendedBytes += _writer.Offset - from;
            }
            catch (Exception failure) when (Remember(failure))
            {
                throw;
            }
        }
    }

    /// <summary>Bytes of records that <see cref="Write"/> has appended so far. For the writing thread.</summary>
    public long AppendedBytes => _appendedBytes;

    /// <summary>Whether something was written that must be durable before it is acknowledged. For the writing thread.</summary>
    public bool NeedsSync => _needsSync;

    /// <summary>Makes everything written durable.</summary>
    public void Sync()
    {
        lock (_gate)
        {
            CheckUsable();
            try
            {
                _writer.Sync();
                _needsSync = false;
            }
            catch (Exception failure) when (Remember(failure))
            {
                throw;
            }
        }
    }

    /// <summary>Records durably that a snapshot is on disk.</summary>
    /// <param name="snapshot">The snapshot; its configuration is required.</param>
    public void SaveSnapshot(WalSnapshot snapshot) => RecordSnapshot(snapshot, default);

    /// <summary>Records durably that a snapshot of what this member has applied is on disk. What is applied is committed, and the record counts at a restart only
    /// if the log says so: its commit index, which may be behind, is raised to the snapshot first.</summary>
    /// <param name="snapshot">The snapshot; its configuration is required.</param>
    public void SaveAppliedSnapshot(WalSnapshot snapshot)
    {
        lock (_gate)
        {
            RecordSnapshot(snapshot, snapshot.Index > _state.Commit ? _state with { Commit = snapshot.Index } : default);
        }
    }

    private void RecordSnapshot(WalSnapshot snapshot, HardState raised)
    {
        if (snapshot.ConfState is null)
        {
            throw new ArgumentException("a snapshot record needs the configuration", nameof(snapshot));
        }

        lock (_gate)
        {
            CheckUsable();
            try
            {
                if (!raised.IsEmpty)
                {
                    _state = raised;
                    _writer.Append(raised);
                }

                _writer.Append(RecordType.Snapshot, SnapshotRecord.Encode(snapshot));
                _lastIndex = Math.Max(_lastIndex, snapshot.Index);
                _writer.Sync();
                _needsSync = false;
            }
            catch (Exception failure) when (Remember(failure))
            {
                throw;
            }
        }
    }

    /// <summary>Whether <see cref="PrepareAhead"/> has anything to do.</summary>
    public bool NeedsPreparation
    {
        get
        {
            lock (_gate)
            {
                return _writer.Offset >= _options.SegmentBytes || _writer.NeedsPreparation || NeedsNextSegment;
            }
        }
    }

    private bool NeedsNextSegment => _next is null && !_nextWaitsForRoom && _writer.Offset > _options.SegmentBytes / 2;

    /// <summary>Does ahead of time what later writes would have to wait for: zeroes further blocks, makes the next segment
    /// ready, moves on to it when the current one is full. For the writing thread when it has nothing to write.</summary>
    /// <returns>Whether there was anything to do; there may be more.</returns>
    public bool PrepareAhead()
    {
        lock (_gate)
        {
            CheckUsable();
            try
            {
                if (_writer.Offset >= _options.SegmentBytes)
                {
                    CutIfFull();
                    return true;
                }

                if (_writer.PrepareAhead())
                {
                    return true;
                }

                bool needsNext = NeedsNextSegment;
                if (needsNext)
                {
                    PrepareNextIfThereIsRoom();
                }

                return needsNext;
            }
            catch (Exception failure) when (Remember(failure))
            {
                throw;
            }
        }
    }

    /// <summary>Gives up the locks of segments that hold nothing after <paramref name="index"/>, so that they may be purged.</summary>
    /// <param name="index">Index of a snapshot; the segment it lies in and all later ones stay locked.</param>
    public void ReleaseLocksUpTo(ulong index)
    {
        lock (_gate)
        {
            int firstKept = _held.FindIndex(segment => segment.Name.FirstIndex >= index) is var found and >= 0
                ? found - 1
                : _held.Count - 1;
            for (int released = 0; released < firstKept; released++)
            {
                _held[0].Dispose();
                _held.RemoveAt(0);
            }
        }
    }

    /// <summary>Makes durable what was written, and gives up all locks.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            try
            {
                if (_failure is null)
                {
                    _writer.Sync();
                }
            }
            finally
            {
                _next?.Dispose();
                _held.ForEach(segment => segment.Dispose());
            }
        }
    }

    // The blocks of this segment are reserved: the log can go on to its end on a full disk, and until then somebody may make room.
    private void PrepareNextIfThereIsRoom()
    {
        try
        {
            _next = NextSegment.Prepare(_disk, _directory, Tail.Name.Sequence + 1, _options);
        }
        catch (DiskFullException)
        {
            _nextWaitsForRoom = true;
        }
    }

    /// <summary>Ends the current segment and goes on in the next, if it has reached its length.</summary>
    private void CutIfFull()
    {
        if (_writer.Offset < _options.SegmentBytes)
        {
            return;
        }

        _writer.Finish();
        NextSegment next = _next ?? NextSegment.Prepare(_disk, _directory, Tail.Name.Sequence + 1, _options);
        _next = null;
        _nextWaitsForRoom = false;
        _writer.ContinueIn(next.File, next.ZeroedBytes);
        _writer.Append(RecordType.Crc, []);
        _writer.Append(RecordType.Metadata, _metadata);
        if (!_state.IsEmpty)
        {
            _writer.Append(_state);
        }

        _writer.Sync();
        // Only a segment with its head durable gets a segment's name.
        var segment = new Segment(_directory, new SegmentName(Tail.Name.Sequence + 1, _lastIndex + 1), next.File);
        _disk.Rename(next.Path, segment.Path);
        _disk.SyncDirectory(_directory);
        _held.Add(segment);
    }

    /// <summary>Notes why the log is of no more use, and lets the exception pass.</summary>
    private bool Remember(Exception failure)
    {
        _failure = failure;
        return false;
    }

    private void CheckUsable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is not null)
        {
            throw new IOException($"{_directory}: the log failed before and must be opened again", _failure);
        }
    }
}
