using System.Buffers.Binary;
using System.Text;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Offline;

public sealed class DatabaseDumpTests
{
    private const string FilePath = "/db";

    // Branches of a forged file can lead to the same leaves again and again: what comes out of order is named once, and the dump ends.
    [Fact]
    public void Run_KeyOutOfOrder_IsNamedAndTheRestOfTheBucketLeftOut()
    {
        SimulatedFileSystem disk = DiskWithKeys("key-1", "key-2", "key-3");
        Overwrite(disk, "key-2", "key-0");
        List<DumpLine> lines = [];

        DatabaseDump.Run(disk, FilePath, string.Empty, lockTimeout: null, lines.Add);

        Assert.Equal(["database", "bucket", "pair", "broken"], lines.Select(line => line.Kind));
        Assert.Contains(lines[^1].Facts, fact => fact.Name == "reason" && ((string)fact.Value).Contains("out of order", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_EmptyKeyAgain_IsOutOfOrderToo()
    {
        SimulatedFileSystem disk = DiskWithKeys("key-1", "key-2", "key-3");
        EmptyKeys(disk, "key-1", keys: 3, emptied: 2);
        List<DumpLine> lines = [];

        DatabaseDump.Run(disk, FilePath, string.Empty, lockTimeout: null, lines.Add);

        Assert.Equal(["database", "bucket", "pair", "broken"], lines.Select(line => line.Kind));
    }

    private static SimulatedFileSystem DiskWithKeys(params string[] keys)
    {
        var disk = new SimulatedFileSystem();
        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, new BoltOptions());
        using BoltWriteTransaction write = database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("bucket"u8);
        foreach (string key in keys)
        {
            bucket.Put(Encoding.UTF8.GetBytes(key), new byte[1]);
        }

        write.Commit();
        return disk;
    }

    // The elements of a leaf, of sixteen bytes each, end where the first key begins.
    private static void EmptyKeys(SimulatedFileSystem disk, string first, int keys, int emptied)
    {
        const int ElementBytes = 16;
        const int KeyLengthOffset = 8;
        using IFile file = disk.Open(FilePath, FileOpening.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        int elements = bytes.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(first)) - (keys * ElementBytes);
        for (int i = 0; i < emptied; i++)
        {
            int at = elements + (i * ElementBytes) + KeyLengthOffset;
            Assert.Equal(first.Length, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)));
            file.Write(new byte[sizeof(int)], at);
        }
    }

    private static void Overwrite(SimulatedFileSystem disk, string old, string other)
    {
        using IFile file = disk.Open(FilePath, FileOpening.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        int at = bytes.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(old));
        Assert.True(at > 0);
        file.Write(Encoding.UTF8.GetBytes(other), at);
    }
}
