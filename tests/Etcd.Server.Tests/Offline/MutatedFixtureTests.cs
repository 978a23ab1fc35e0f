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
    private const int PageBytes = 4096;
    private const string Database = "/data/member/snap/db";

    // What a reader takes however small its files are: the log is read through a window of 1 MB, and as much is the map of a simulated database.
    private const long BytesAlways = 2L << 20;

    public static TheoryData<string> Fixtures => ["v34-full", "v35-kill9"];

    // Twice of what they take with any of the mutations, at least: requests are taken apart and printed. A length believed from a damaged file knows no bound.
    private static Reader[] LogReaders { get; } =
    [
        new("the log", 10, disk => WriteAheadLog.Read(disk, "/data/member/wal", WalSnapshot.None)),
        new("its snapshot records", 10, disk => WriteAheadLog.ReadSnapshotRecords(disk, "/data/member/wal")),
        new("dump wal", 40, disk => LogDump.Run(disk, "/data/member/wal", _ => { })),
        new("its committed entries", 10, ReadCommitted),
    ];

    private static Reader[] SnapshotReaders { get; } = [new("dump snap", 10, disk => SnapshotDump.Run(disk, "/data/member/snap", _ => { }))];

    private static Reader[] DatabaseReaders { get; } =
    [
        new("dump db", 20, disk => DatabaseDump.Run(disk, Database, "", null, _ => { })),
        new("the database", 10, disk => BoltDatabase.Open(disk, Database, new BoltOptions { InitialMapBytes = 1 << 20 }).Dispose()),
    ];

    private static Reader Check { get; } =
        new("check", 10, disk => DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null));

    // On a thread of its own: a reader that does not come to an end is a failure, and not a run that hangs.
    [Theory(Timeout = 120_000, SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Fixtures))]
    public async Task Readers_OfMutatedFiles_EndWithAFinding(string name) =>
        await Task.Run(() => ReadMutated(name), TestContext.Current.CancellationToken);

    private static void ReadMutated(string name)
    {
        (string Path, byte[] Bytes)[] files = Load(name);
        long filesBytes = files.Sum(file => (long)file.Bytes.Length);

        // What a map of a simulated file reserves counts as its reader's.
        var disk = new SimulatedFileSystem { MappedBytesStable = 1 << 20 };
        foreach ((string path, byte[] bytes) in files)
        {
            Write(disk, path, bytes);
        }

        // None of them refuses what nobody has touched, or the rest would prove nothing.
        Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null).IsDamaged);
        foreach (Reader reader in LogReaders.Concat(SnapshotReaders).Concat(DatabaseReaders))
        {
            reader.Read(disk);
        }

        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            (string path, byte[] whole) = files[random.Next(files.Length)];
            Write(disk, path, Mutate(whole, random));
            foreach (Reader reader in ReadersOf(path))
            {
                long allocated = AllocatedBy(reader, disk);
                long allowed = BytesAlways + (reader.BytesPerByte * filesBytes);
                Assert.True(allocated <= allowed, $"seed {seed} of {name}, {path}: {reader.Name} took {allocated} bytes, {allowed} are enough for {filesBytes}");
            }

            Write(disk, path, whole);
        }
    }

    /// <summary>The check of the whole directory, and all that read the file that was mutated: to the others it is as before.</summary>
    private static IEnumerable<Reader> ReadersOf(string mutated) =>
        [Check, .. mutated.EndsWith(".wal", StringComparison.Ordinal) ? LogReaders : mutated == Database ? DatabaseReaders : SnapshotReaders];

    private static long AllocatedBy(Reader reader, SimulatedFileSystem disk)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            reader.Read(disk);
        }
        catch (Exception refused) when (
            reader != Check && refused is (IOException or Etcd.Server.Offline.OfflineException or WalSnapshotMissingException or ProtoFormatException))
        {
            // Told what is wrong: that is what damage comes to. The check has it in its report.
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
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

    // A segment is 64 MB of nearly nothing, and so is the one that is prepared to follow it; a database grows by 16 MB at once.
    private static byte[] WithoutZerosAtTheEnd(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        int kept = Path.GetExtension(path) switch
        {
            ".wal" or ".tmp" => (used + PageBytes) / 8 * 8,
            ".snap" => used,
            _ => (used + PageBytes - 1) / PageBytes * PageBytes,
        };
        return bytes[..Math.Min(bytes.Length, kept)];
    }

    private static void Write(SimulatedFileSystem disk, string path, byte[] bytes)
    {
        disk.CreateDirectory(Path.GetDirectoryName(path)!);
        disk.DeleteFile(path);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
    }

    /// <param name="Name">What is read.</param>
    /// <param name="BytesPerByte">What it may take for each byte of the files, beside <see cref="BytesAlways"/>.</param>
    /// <param name="Read">Reads it.</param>
    private sealed record Reader(string Name, long BytesPerByte, Action<SimulatedFileSystem> Read);
}
