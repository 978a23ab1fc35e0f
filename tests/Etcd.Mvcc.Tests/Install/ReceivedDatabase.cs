using Etcd.Disk;

namespace Etcd.Mvcc.Tests.Install;

/// <summary>Databases as a leader sends them.</summary>
internal static class ReceivedDatabase
{
    public const string Path = "/data/0000000000000100.snap.db";

    /// <summary>The bytes that a member with this backend would send.</summary>
    public static byte[] Of(Backend leader)
    {
        using BackendSnapshot snapshot = leader.TakeSnapshot();
        using var bytes = new MemoryStream();
        snapshot.CopyTo(bytes);
        Assert.Equal(snapshot.SizeBytes, bytes.Length);
        return bytes.ToArray();
    }

    /// <summary>Puts received bytes on a disk, durably.</summary>
    public static void Write(IFileSystem disk, byte[] bytes, string path = Path)
    {
        disk.DeleteFile(path);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
        file.Sync();
        disk.SyncDirectory("/data");
    }
}
