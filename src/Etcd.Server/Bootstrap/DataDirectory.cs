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
            IReadOnlyList<string> missing = MissingDirectories.Of(disk, Root);
            disk.CreateDirectory(Root);
            disk.CreateDirectory(Snapshots);
            SyncNames(disk, MissingDirectories.ParentsOf([Root, .. missing]));
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
    private void SyncNames(IFileSystem disk, IReadOnlyList<string> above)
    {
        foreach (string directory in above)
        {
            try
            {
                disk.SyncDirectory(directory);
            }
            catch (UnauthorizedAccessException)
            {
                // A directory that only lets through is nobody's reason not to start: whoever has made the name in it had more rights.
                continue;
            }
        }

        disk.SyncDirectory(Root);
        disk.SyncDirectory(Path.Combine(Root, "member"));
    }
}
