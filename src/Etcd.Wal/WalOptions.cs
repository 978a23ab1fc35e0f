namespace Etcd.Wal;

/// <summary>How the log is written. The defaults are etcd's.</summary>
public sealed record WalOptions
{
    /// <summary>Length at which a segment is full, in bytes. The last batch may reach beyond it.</summary>
    public long SegmentBytes { get; init; } = 64_000_000;

    /// <summary>Bytes ahead of the write position that are filled with zeros before they are needed; 0 for none.</summary>
    /// <remarks>A sync into blocks that are merely reserved must also record in the file system's journal that they now
    /// hold data, which makes it about half as slow again; into blocks that hold zeros already it is the data alone.
    /// Figures: docs/internals/wal.md.</remarks>
    public int ZeroAheadBytes { get; init; } = 256 << 10;

    /// <summary>Never waits for the disk. Power loss then loses acknowledged writes: for tests and throw-away data only.</summary>
    public bool UnsafeNoSync { get; init; }
}
