using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Wal.Records;

namespace Etcd.Wal.Inspection;

/// <summary>Whether records say something that fits those before them.</summary>
internal sealed class RecordContents
{
    private byte[]? _metadata;
    private ulong? _lastIndex;

    /// <summary>Takes a record whose checksum is right.</summary>
    /// <returns>What is wrong with it; <see langword="null"/> for nothing.</returns>
    internal string? Take(in WalRecord record)
    {
        try
        {
            switch (record.Type)
            {
                case RecordType.Metadata:
                    return TakeMetadata(record.Data);
                case RecordType.Entry:
                    return TakeEntry(RaftCodec.ReadEntry(record.Data.ToArray()));
                case RecordType.State:
                    RaftCodec.ReadHardState(record.Data);
                    return null;
                case RecordType.Snapshot:
                    WalSnapshot snapshot = SnapshotRecord.Read(record.Data);
                    _lastIndex = _lastIndex is { } last ? Math.Max(last, snapshot.Index) : null;
                    return null;
                default:
                    return record.Data.IsEmpty ? null : "a checksum record with data";
            }
        }
        catch (ProtoFormatException malformed)
        {
            return malformed.Message;
        }
    }

    /// <summary>Forgets which entry came last: one that could not be read is no gap before the next.</summary>
    internal void ForgetLastEntry() => _lastIndex = null;

    private string? TakeMetadata(ReadOnlySpan<byte> metadata)
    {
        if (_metadata is not null && !metadata.SequenceEqual(_metadata))
        {
            return "metadata differs from that of the segments before";
        }

        _metadata ??= metadata.ToArray();
        return null;
    }

    private string? TakeEntry(in Entry entry)
    {
        // The first segments may have been purged, and a record may replace earlier ones: only a gap is wrong.
        string? fault = _lastIndex is { } last && entry.Index > last + 1 ? $"entry {entry.Index} follows entry {last}" : null;
        _lastIndex = entry.Index;
        return fault;
    }
}
