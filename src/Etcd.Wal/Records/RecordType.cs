namespace Etcd.Wal.Records;

/// <summary>What a record of the log carries. Values are those on disk.</summary>
internal enum RecordType
{
    /// <summary>The application's bytes about the member; the same in all segments.</summary>
    Metadata = 1,

    /// <summary>A log entry (raftpb.Entry).</summary>
    Entry = 2,

    /// <summary>A hard state (raftpb.HardState); the last one counts.</summary>
    State = 3,

    /// <summary>The running checksum at the end of the segment before; first record of each segment.</summary>
    Crc = 4,

    /// <summary>A snapshot is on disk (walpb.Snapshot).</summary>
    Snapshot = 5,
}
