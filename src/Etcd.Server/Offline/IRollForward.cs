using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>What brings a restored snapshot forward to a later moment.</summary>
public interface IRollForward
{
    /// <summary>Applies what came after the snapshot.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="database">Path of the snapshot's database; it is changed.</param>
    /// <param name="notify">Takes notices.</param>
    /// <param name="progress">Told the share of the work that is done, 0 to 1.</param>
    /// <exception cref="OfflineException">The moment cannot be reached, or the result is not what the member had.</exception>
    void Apply(IFileSystem fileSystem, string database, Action<OfflineNotice> notify, IProgress<double>? progress);
}
