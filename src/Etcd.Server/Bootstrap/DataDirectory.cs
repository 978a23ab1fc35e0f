using Etcd.Disk;

namespace Etcd.Server.Bootstrap;

/// <summary>Where a member's files are.</summary>
/// <param name="Root">The data directory.</param>
/// <param name="DedicatedWal">Directory of the log if it is not inside <paramref name="Root"/>.</param>
public sealed record DataDirectory(string Root, string? DedicatedWal)
{
    /// <summary>Directory of snapshots and the backend.</summary>
    public string Snapshots { get; } = Path.Combine(Root, "member", "snap");

    /// <summary>Directory of the write-ahead log.</summary>
    public string Wal { get; } = DedicatedWal ?? Path.Combine(Root, "member", "wal");

    /// <summary>The backend file.</summary>
    public string Backend => Path.Combine(Snapshots, "db");

    /// <summary>Creates what is missing, for the owner only, and checks that the directory can be written.</summary>
    /// <exception cref="BootstrapException">It cannot.</exception>
    public void Prepare(IFileSystem disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        try
        {
            disk.CreateDirectory(Root);
            disk.CreateDirectory(Snapshots);
            SyncNames(disk);
            string probe = Path.Combine(Root, ".touch");
            disk.Open(probe, FileOpening.CreateOrReadWrite).Dispose();
            disk.DeleteFile(probe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BootstrapException($"cannot write to data directory {Root}: {failure.Message}", failure);
        }
    }

    // Files are only as durable as the names that lead to them.
    private void SyncNames(IFileSystem disk)
    {
        string root = Path.GetFullPath(Root);
        if (Path.GetDirectoryName(root) is { } parent)
        {
            disk.SyncDirectory(parent);
        }

        disk.SyncDirectory(root);
        disk.SyncDirectory(Path.Combine(root, "member"));
    }
}
