using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>After a crash the log is cut one record too early, as if its last, whole record had been torn.</summary>
internal sealed class LostTail : PlantedBug
{
    private const string Directory = "/data/member/wal";

    public override void Tamper(SimulatedFileSystem disk)
    {
        if (!disk.DirectoryExists(Directory) || disk.List(Directory).LastOrDefault(static name => name.EndsWith(".wal", StringComparison.Ordinal)) is not { } last)
        {
            return;
        }

        using IFile file = disk.Open($"{Directory}/{last}", FileOpening.ReadWrite);
        byte[] content = new byte[Math.Min(file.Length, 1 << 20)];
        file.Read(content, 0);
        if (WalFrames.In(content) is [.., (int start, int bytes, WalFrames.EntryType)])
        {
            file.Write(new byte[bytes], start);
            file.Sync();
        }
    }
}
