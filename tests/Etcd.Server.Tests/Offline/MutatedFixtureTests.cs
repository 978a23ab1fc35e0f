using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Raft.Encoding;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Tests.Offline;

/// <summary>Files of real etcd with bytes changed, cut out or overwritten: readers end with a finding or an error of theirs, in bounded time and
/// memory, whatever stands in a file.</summary>
public sealed class MutatedFixtureTests
{
    private const int Mutations = 150;
    private const string Database = "/data/member/snap/db";

    // Several times what the files hold; a length believed from a damaged file would ask for far more.
    private const long BytesMax = 256L << 20;

    public static TheoryData<string> Fixtures => ["v34-full", "v35-kill9"];

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Fixtures))]
    public void Readers_OfMutatedFiles_EndWithAFinding(string name)
    {
        (string Path, byte[] Bytes)[] files = Load(name);
        var disk = new SimulatedFileSystem();
        foreach ((string path, byte[] bytes) in files)
        {
            Write(disk, path, bytes);
        }

        // None of them refuses what nobody has touched, or the rest would prove nothing.
        Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null).IsDamaged);
        foreach (Action<SimulatedFileSystem> read in LogReaders.Concat(SnapshotReaders).Concat(DatabaseReaders))
        {
            read(disk);
        }

        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            (string path, byte[] whole) = files[random.Next(files.Length)];
            Write(disk, path, Mutate(whole, random));

            long before = GC.GetAllocatedBytesForCurrentThread();
            Read(disk, path);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(allocated < BytesMax, $"seed {seed} of {name}, {path}: {allocated} bytes");
            Write(disk, path, whole);
        }
    }

    private static Action<SimulatedFileSystem>[] LogReaders { get; } =
    [
        disk => WriteAheadLog.Read(disk, "/data/member/wal", WalSnapshot.None),
        disk => WriteAheadLog.ReadSnapshotRecords(disk, "/data/member/wal"),
        disk => LogDump.Run(disk, "/data/member/wal", _ => { }),
        disk => ReadCommitted(disk),
    ];

    private static Action<SimulatedFileSystem>[] SnapshotReaders { get; } = [disk => SnapshotDump.Run(disk, "/data/member/snap", _ => { })];

    private static Action<SimulatedFileSystem>[] DatabaseReaders { get; } =
    [
        disk => DatabaseDump.Run(disk, Database, "", null, _ => { }),
        disk => BoltDatabase.Open(disk, Database, new BoltOptions { InitialMapBytes = 1 << 20 }).Dispose(),
    ];

    /// <summary>The check of the whole directory, and all that read the file that was mutated: to the others it is as before.</summary>
    private static void Read(SimulatedFileSystem disk, string mutated)
    {
        DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null);
        Action<SimulatedFileSystem>[] readers =
            mutated.EndsWith(".wal", StringComparison.Ordinal) ? LogReaders : mutated == Database ? DatabaseReaders : SnapshotReaders;
        foreach (Action<SimulatedFileSystem> read in readers)
        {
            try
            {
                read(disk);
            }
            catch (Exception refused) when (refused is IOException or Etcd.Server.Offline.OfflineException or WalSnapshotMissingException or ProtoFormatException)
            {
                // Told what is wrong: that is what damage comes to.
            }
        }
    }

    private static void ReadCommitted(SimulatedFileSystem disk)
    {
        using CommittedEntries log = CommittedEntries.Open(disk, "/data/member/wal", 0);
        while (log.TryRead(out _))
        {
            // Reading is all there is to it.
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

    // A segment is 64 MB of nearly nothing, and so is the one that is prepared to follow it.
    private static byte[] WithoutZerosAtTheEnd(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        return Path.GetExtension(path) is ".wal" or ".tmp" ? bytes[..Math.Min(bytes.Length, (used + 4096) / 8 * 8)] : bytes;
    }

    private static void Write(SimulatedFileSystem disk, string path, byte[] bytes)
    {
        disk.CreateDirectory(Path.GetDirectoryName(path)!);
        disk.DeleteFile(path);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
    }
}
