namespace Etcd.Mvcc;

/// <summary>How free space of the backend file is given back to the disk while the member runs.</summary>
public sealed record ReclaimOptions
{
    /// <summary>Bytes that may be written for it in a second; 0 switches it off.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Bytes that may be written for it in one commit. A node that is larger is moved whole, and the rate makes up for it.</summary>
    public long StepBytesMax { get; init; } = 1 << 20;

    /// <summary>Free bytes that are never worth it, whatever share of the file they are.</summary>
    public long FreeBytesMin { get; init; } = 4 << 20;
}
