using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Raft.Encoding;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

namespace Etcd.Server.Tests.Offline;

/// <summary>Files of real etcd with bytes changed, cut out or overwritten: readers end with a finding or an error of theirs, in bounded time and
/// memory, whatever stands in a file.</summary>
public sealed class MutatedFixtureTests
{
    private const int Mutations = 150;

    // Several times what the files hold; a length believed from a damaged file would ask for far more.
    private const long BytesMax = 256L << 20;

    public static TheoryData<string> Fixtures => ["v34-full", "v35-kill9"];

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Fixtures))]
    public void Readers_OfMutatedFiles_EndWithAFinding(string name)
    {
        (string Path, byte[] Bytes)[] files = Load(name);
        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedFileSystem();
            int victim = random.Next(files.Length);
            for (int at = 0; at < files.Length; at++)
            {
                Write(disk, files[at].Path, at == victim ? Mutate(files[at].Bytes, random) : files[at].Bytes);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadEverything(disk);

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < BytesMax, $"seed {seed} of {name}, {files[victim].Path}");
        }
    }

    private static void ReadEverything(SimulatedFileSystem disk)
    {
        DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null);
        foreach (Action read in new Action[]
        {
            () => WriteAheadLog.Read(disk, "/data/member/wal", WalSnapshot.None),
            () => WriteAheadLog.ReadSnapshotRecords(disk, "/data/member/wal"),
            () => LogDump.Run(disk, "/data/member/wal", _ => { }),
            () => SnapshotDump.Run(disk, "/data/member/snap", _ => { }),
            () => DatabaseDump.Run(disk, "/data/member/snap/db", "", null, _ => { }),
            () => BoltDatabase.Open(disk, "/data/member/snap/db", new BoltOptions { InitialMapBytes = 1 << 20 }).Dispose(),
        })
        {
            try
            {
                read();
            }
            catch (Exception refused) when (refused is IOException or Etcd.Server.Offline.OfflineException or WalSnapshotMissingException or ProtoFormatException)
            {
                // Told what is wrong: that is what damage comes to.
            }
        }
    }

    private static byte[] Mutate(byte[] whole, Random random)
    {
        byte[] bytes = [.. whole];
        int from = random.Next(bytes.Length);
        int length = Math.Min(1 << random.Next(13), bytes.Length - from);
        switch (random.Next(5))
        {
            case 0:
                bytes[from] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..from];
            case 2:
                random.NextBytes(bytes.AsSpan(from, length));
                return bytes;
            case 3:
                bytes.AsSpan(from, length).Clear();
                return bytes;
            default:
                return [.. bytes[..from], .. bytes[(from + length)..]];
        }
    }

    private static (string Path, byte[] Bytes)[] Load(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        return
        [
            .. Directory.EnumerateFiles(fixture.DataDirectory, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(path => ($"/data/{Path.GetRelativePath(fixture.DataDirectory, path)}", WithoutZerosAtTheEnd(path))),
        ];
    }

    // A segment is 64 MB of nearly nothing.
    private static byte[] WithoutZerosAtTheEnd(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        return path.EndsWith(".wal", StringComparison.Ordinal) ? bytes[..Math.Min(bytes.Length, (used + 4096) / 8 * 8)] : bytes;
    }

    private static void Write(SimulatedFileSystem disk, string path, byte[] bytes)
    {
        disk.CreateDirectory(Path.GetDirectoryName(path)!);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
    }
}
