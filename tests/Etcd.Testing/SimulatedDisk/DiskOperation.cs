namespace Etcd.Testing.SimulatedDisk;

/// <summary>Kinds of operation that a test can see, count, or make fail.</summary>
public enum DiskOperationKind
{
    Read,
    Write,
    SetLength,
    Preallocate,

    /// <summary>Both <c>fdatasync</c> and <c>fsync</c>.</summary>
    Sync,
    SyncDirectory,
    Create,
    CreateDirectory,
    Rename,
    Delete,
}

/// <summary>One operation about to happen.</summary>
/// <param name="Step">Number of the operation among those that change or sync the disk, from 1; 0 for a read.</param>
/// <param name="Kind">What is about to happen.</param>
/// <param name="Path">The file or directory; for a rename the old name.</param>
public readonly record struct DiskOperation(int Step, DiskOperationKind Kind, string Path);
