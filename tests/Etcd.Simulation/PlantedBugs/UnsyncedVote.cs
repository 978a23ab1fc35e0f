using Etcd.Disk;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A vote leaves before it is durable: the disk says that it has synced the log, but has not when nothing but term and vote was written.</summary>
internal sealed class UnsyncedVote : PlantedBug
{
    public override IFileSystem Wrap(IFileSystem disk) => new LyingDisk(disk, WalFrames.IsStateAlone);
}
