using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;

namespace Etcd.Wal.Recovery;

/// <summary>Puts together what a log holds from its records.</summary>
internal sealed class LogReplay(WalSnapshot from)
{
    private readonly List<Entry> _entries = [];
    private byte[]? _metadata;
    private ulong? _foundTerm;
    private bool _hadEntriesBefore; // the log has had entries up to the snapshot's index
    private ulong? _termAtStart; // of the entry that the snapshot stands for, while the log has it

    internal ReadOnlyMemory<byte> Metadata => _metadata;

    internal HardState State { get; private set; }

    internal IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Index of the last entry or snapshot recorded: the next segment begins after it.</summary>
    internal ulong LastIndex { get; private set; }

    /// <summary>Reads all records.</summary>
    /// <returns><see cref="ReadOutcome.End"/> or <see cref="ReadOutcome.Torn"/>.</returns>
    /// <exception cref="CorruptWalException">A record is damaged, or does not fit those before it.</exception>
    internal ReadOutcome ReadAll(RecordReader reader)
    {
        ReadOutcome outcome;
        while ((outcome = reader.Read(out WalRecord record)) == ReadOutcome.Record)
        {
            try
            {
                Take(record, reader);
            }
            catch (ProtoFormatException malformed)
            {
                throw reader.CorruptContent(malformed.Message, malformed);
            }
        }

        return outcome;
    }

    /// <summary>Checks that the log knows the snapshot it was opened at.</summary>
    /// <exception cref="WalSnapshotMissingException">It does not.</exception>
    internal void CheckSnapshotFound(string directory)
    {
        if (_foundTerm != from.Term)
        {
            throw new WalSnapshotMissingException(directory, from, _foundTerm);
        }
    }

    private void Take(WalRecord record, RecordReader reader)
    {
        switch (record.Type)
        {
            case RecordType.Entry:
                TakeEntry(RaftCodec.ReadEntry(record.Data.ToArray()), reader);
                break;
            case RecordType.State:
                State = RaftCodec.ReadHardState(record.Data);
                break;
            case RecordType.Metadata:
                TakeMetadata(record.Data, reader);
                break;
            default:
                TakeSnapshot(SnapshotRecord.Read(record.Data));
                break;
        }
    }

    private void TakeEntry(Entry entry, RecordReader reader)
    {
        LastIndex = entry.Index;
        if (entry.Index <= from.Index)
        {
            // A later record of an index replaces all that followed it, here too.
            _hadEntriesBefore = true;
            _entries.Clear();
            _termAtStart = entry.Index == from.Index ? entry.Term : null;
            return;
        }

        // An index from disk is a claim: one far ahead of what was read is damage, not room to be made.
        ulong position = entry.Index - from.Index - 1;
        if (position > (ulong)_entries.Count)
        {
            throw reader.CorruptContent($"entry {entry.Index} follows entry {from.Index + (ulong)_entries.Count}");
        }

        // A later record of the same index replaces the entry and all that followed it.
        _entries.RemoveRange((int)position, _entries.Count - (int)position);
        _entries.Add(entry);
    }

    private void TakeMetadata(ReadOnlySpan<byte> metadata, RecordReader reader)
    {
        if (_metadata is not null && !metadata.SequenceEqual(_metadata))
        {
            throw reader.CorruptContent("metadata differs from that of the segments before");
        }

        _metadata ??= metadata.ToArray();
    }

    private void TakeSnapshot(WalSnapshot snapshot)
    {
        LastIndex = Math.Max(LastIndex, snapshot.Index);
        if (snapshot.Index != from.Index)
        {
            return;
        }

        _foundTerm = snapshot.Term;
        if (_termAtStart != snapshot.Term && (_hadEntriesBefore || _entries.Count == 0))
        {
            // The snapshot came from a leader and took the place of the log: what stood here beyond it was never committed.
            _entries.Clear();
            LastIndex = snapshot.Index;
            _termAtStart = snapshot.Term;
        }

        // Entries that had nothing before them stand on the snapshot: etcd's backup writes them before its record.
    }
}
