namespace Etcd.Wal.Inspection;

/// <summary>Told what a <see cref="LogWalk"/> comes across, in the order of the log.</summary>
public interface ILogVisitor
{
    /// <summary>A valid record.</summary>
    /// <param name="record">Where it lies.</param>
    /// <param name="data">Its data; valid during the call.</param>
    void Record(in LogRecord record, ReadOnlySpan<byte> data);

    /// <summary>Something that is none. The walk goes on behind it.</summary>
    void Fault(LogFault fault);
}
