namespace Etcd.Wal.Inspection;

/// <summary>Where a record lies and what it says about itself.</summary>
/// <param name="Path">Segment file.</param>
/// <param name="Offset">Where its length field begins, in bytes.</param>
/// <param name="Kind">What it carries.</param>
/// <param name="Crc">Checksum it states: running, over the data of all records up to and with this one.</param>
public readonly record struct LogRecord(string Path, long Offset, LogRecordKind Kind, uint Crc);
