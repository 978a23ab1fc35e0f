namespace Etcd.Bolt;

/// <summary>How a database is opened.</summary>
public sealed record BoltOptions
{
    /// <summary>The file must exist and is only read; others may read it at the same time. It gets a shared lock.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Page size of a new file: a power of two from 1024 to 65536. An existing file keeps the one it has.</summary>
    public int PageSizeBytes { get; init; } = 4096;

    /// <summary>Address space to map at the start. A file that stays below it is never mapped anew. It costs no memory.</summary>
    public long InitialMapBytes { get; init; }

    /// <summary>Stores the list of free pages with every commit, as bbolt does by default. etcd's files have none: the list
    /// is then found by walking the tree when the file is opened, and commits are cheaper.</summary>
    public bool StoreFreelist { get; init; }

    /// <summary>How long to wait for the file's lock; it is tried every 50 ms. <see langword="null"/> tries once,
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits without limit.</summary>
    public TimeSpan? LockTimeout { get; init; }

    /// <summary>Leaves out every sync. A power loss can then destroy the whole file; a mere crash of the process cannot.</summary>
    public bool UnsafeNoSync { get; init; }
}
