using Etcd.Disk;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Inspection;

/// <summary>Reads the entries of a saved log one after the other, from an index on, as far as they are known to be committed.</summary>
/// <remarks>
/// Takes no lock, changes nothing, and needs no snapshot file: any run of segments will do that reaches back to the index. In memory is only
/// what has been read and is not committed yet. The log must not be written meanwhile.
/// </remarks>
public sealed class CommittedEntries : IDisposable
{
    private readonly string _directory;
    private readonly ulong _after;
    private readonly List<Segment> _segments;
    private readonly RecordReader _reader;
    private readonly List<Entry> _read = []; // not handed out; the first of them has index _last + 1
    private int _taken; // of those at the front, handed out already
    private ulong _last; // last entry handed out and no longer in _read
    private ulong _commit;
    private byte[]? _metadata;

    private CommittedEntries(string directory, ulong after, List<Segment> segments)
    {
        _directory = directory;
        _after = after;
        _last = after;
        _segments = segments;
        _reader = new RecordReader(segments);
        Bytes = segments.Sum(segment => segment.File.Length);
    }

    /// <summary>What the log's owner wrote about itself; empty before the first read.</summary>
    public ReadOnlyMemory<byte> Metadata => _metadata;

    /// <summary>Term of the entry that reading begins after; <see langword="null"/> when what was read of the log does not tell it.</summary>
    public ulong? TermBefore { get; private set; }

    /// <summary>Size of the segments that are read.</summary>
    public long Bytes { get; }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Entries behind the last one that <see cref="TryRead"/> gave. Once it has given all, nobody knows whether these were committed.</summary>
    public IReadOnlyList<Entry> Uncommitted => _read[_taken..];

    /// <summary>Opens a log.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="after">Index of the last entry that is not wanted; 0 for the beginning.</param>
    /// <exception cref="FileNotFoundException">There is no log in the directory.</exception>
    /// <exception cref="LogGapException">It begins behind the next entry.</exception>
    /// <exception cref="CorruptWalException">A segment in between is missing.</exception>
    public static CommittedEntries Open(IFileSystem fileSystem, string directory, ulong after)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        IReadOnlyList<SegmentName> all = SegmentDirectory.List(fileSystem, directory);
        if (all.Count == 0)
        {
            throw new FileNotFoundException($"{directory}: no write-ahead log", directory);
        }

        // A segment that begins right behind the wanted place will do as well as one that reaches back to it.
        ulong start = all[0].FirstIndex == after + 1 ? after + 1 : after;
        if (all[0].FirstIndex > start)
        {
            throw new LogGapException(directory, after + 1, all[0].FirstIndex);
        }

        List<Segment> segments = [];
        try
        {
            foreach (SegmentName name in SegmentDirectory.From(fileSystem, directory, start))
            {
                segments.Add(Segment.OpenToRead(fileSystem, directory, name));
            }

            return new CommittedEntries(directory, after, segments);
        }
        catch
        {
            segments.ForEach(segment => segment.Dispose());
            throw;
        }
    }

    /// <summary>Reads the next entry.</summary>
    /// <returns><see langword="false"/> when no further one is known to be committed.</returns>
    /// <exception cref="CorruptWalException">The log is damaged.</exception>
    /// <exception cref="LogGapException">Entries are missing.</exception>
    public bool TryRead(out Entry entry)
    {
        while (_taken == _read.Count || _read[_taken].Index > _commit)
        {
            if (_taken > 0)
            {
                _last += (ulong)_taken;
                _read.RemoveRange(0, _taken);
                _taken = 0;
            }

            if (_reader.Read(out WalRecord record) != ReadOutcome.Record)
            {
                entry = default;
                return false;
            }

            BytesRead += record.Data.Length;
            try
            {
                Take(record);
            }
            catch (ProtoFormatException malformed)
            {
                throw _reader.CorruptContent(malformed.Message, malformed);
            }
        }

        entry = _read[_taken++];
        return true;
    }

    /// <inheritdoc />
    public void Dispose() => _segments.ForEach(segment => segment.Dispose());

    private ulong LastRead => _last + (ulong)_read.Count;

    private void Take(in WalRecord record)
    {
        switch (record.Type)
        {
            case RecordType.Entry:
                TakeEntry(RaftCodec.ReadEntry(record.Data.ToArray()));
                break;
            case RecordType.State:
                TakeCommit(RaftCodec.ReadHardState(record.Data).Commit);
                break;
            case RecordType.Metadata:
                TakeMetadata(record.Data);
                break;
            default:
                TakeSnapshot(SnapshotRecord.Read(record.Data));
                break;
        }
    }

    private void TakeEntry(Entry entry)
    {
        if (entry.Index <= _last)
        {
            // A later record of an index replaces all that followed it.
            _read.Clear();
            TermBefore = entry.Index < _after ? null : entry.Index == _after ? entry.Term : TermBefore;
            return;
        }

        if (entry.Index > LastRead + 1)
        {
            throw new LogGapException(_directory, LastRead + 1, entry.Index);
        }

        int position = (int)(entry.Index - _last - 1);
        _read.RemoveRange(position, _read.Count - position);
        _read.Add(entry);
    }

    private void TakeCommit(ulong commit)
    {
        if (commit > LastRead)
        {
            throw SnapshotInBetween(commit);
        }

        _commit = commit;
    }

    private void TakeMetadata(ReadOnlySpan<byte> metadata)
    {
        if (_metadata is not null && !metadata.SequenceEqual(_metadata))
        {
            throw _reader.CorruptContent("metadata differs from that of the segments before");
        }

        _metadata ??= metadata.ToArray();
    }

    /// <summary>A snapshot that the member took itself stands for entries that are here. One that it was sent stands for entries that are not,
    /// and what it has behind its last committed entry may never have come to be.</summary>
    private void TakeSnapshot(in WalSnapshot snapshot)
    {
        if (snapshot.Index == _after)
        {
            TermBefore = snapshot.Term;
        }

        if (snapshot.Index > LastRead || (snapshot.Index > _last && _read[(int)(snapshot.Index - _last - 1)].Term != snapshot.Term))
        {
            throw SnapshotInBetween(snapshot.Index);
        }
    }

    private LogGapException SnapshotInBetween(ulong index) =>
        new(_directory, Math.Max(_commit, _last) + 1, index + 1, ": the member was sent a snapshot instead");
}
