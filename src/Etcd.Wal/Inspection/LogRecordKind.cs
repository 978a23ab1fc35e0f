namespace Etcd.Wal.Inspection;

/// <summary>What a record of the log carries. Values are those on disk.</summary>
public enum LogRecordKind
{
    /// <summary>The application's bytes about the member; the same in all segments.</summary>
    Metadata = 1,

    /// <summary>A log entry.</summary>
    Entry = 2,

    /// <summary>A hard state; the last one counts.</summary>
    State = 3,

    /// <summary>The running checksum at the end of the segment before; first record of each segment.</summary>
    Crc = 4,

    /// <summary>A snapshot is on disk.</summary>
    Snapshot = 5,
}
