using Etcd.Disk.Linux;
using Etcd.Raft;
using Etcd.Wal;

namespace Etcd.MicroBenchmarks;

/// <summary>The write-ahead log: encoding, durable saves with and without blocks zeroed ahead, and reading a log back.</summary>
/// <remarks>The area needs a real disk: set TMPDIR to a directory on the one to be measured.</remarks>
internal sealed class WalBenchmarks : IBenchmarkArea
{
    private const int EntryBytes = 300;
    private const int SavesPerRound = 200;
    private const int EntriesToRead = 100_000;

    private static readonly (string Name, WalOptions Options)[] Variants =
    [
        ("blocks reserved only", new WalOptions { ZeroAheadBytes = 0 }),
        ("blocks zeroed ahead", new WalOptions()),
    ];

    public string Name => "wal";

    public void Run(BenchmarkRunner runner)
    {
        string directory = Directory.CreateTempSubdirectory("etcd-bench-").FullName;
        try
        {
            using (WriteAheadLog log = Create(directory, "no-sync", new WalOptions { UnsafeNoSync = true }))
            {
                var writer = new Appender(log);
                runner.Measure("wal encode 300-byte entry, 64 per write, no sync", 64 * SavesPerRound, () => writer.Save(SavesPerRound, batch: 64));
                runner.Measure("wal save one 300-byte entry, no sync", SavesPerRound, () => writer.Save(SavesPerRound, batch: 1));
            }

            foreach (int batch in new[] { 1, 10, 100 })
            {
                foreach ((string name, WalOptions options) in Variants)
                {
                    using WriteAheadLog log = Create(directory, $"{name}-{batch}", options);
                    var writer = new Appender(log);
                    runner.Measure($"wal durable save of {batch} x 300 bytes, {name}", SavesPerRound, () => writer.Save(SavesPerRound, batch));
                }
            }

            MeasureReading(runner, directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static WriteAheadLog Create(string directory, string name, WalOptions options) =>
        WriteAheadLog.Create(LinuxFileSystem.Instance, Path.Combine(directory, name), new byte[] { 8, 1, 16, 2 }, options);

    private static void MeasureReading(BenchmarkRunner runner, string directory)
    {
        var options = new WalOptions { UnsafeNoSync = true };
        using (WriteAheadLog log = Create(directory, "read", options))
        {
            new Appender(log).Save(EntriesToRead / 100, batch: 100);
        }

        string path = Path.Combine(directory, "read");
        runner.Measure("wal open, per entry of 100,000 read", EntriesToRead, () =>
            WriteAheadLog.Open(LinuxFileSystem.Instance, path, WalSnapshot.None, options, out _).Dispose());
        runner.Measure("wal snapshot records, per entry of 100,000 passed", EntriesToRead, () =>
            WriteAheadLog.ReadSnapshotRecords(LinuxFileSystem.Instance, path));
    }

    /// <summary>Appends batches of entries as a leader does: the commit index follows one batch behind.</summary>
    private sealed class Appender(WriteAheadLog log)
    {
        private readonly byte[] _data = new byte[EntryBytes];
        private readonly Entry[] _entries = new Entry[100];
        private ulong _next = 1;

        public void Save(int saves, int batch)
        {
            for (int save = 0; save < saves; save++)
            {
                ulong committed = _next - 1;
                Span<Entry> entries = _entries.AsSpan(0, batch);
                foreach (ref Entry entry in entries)
                {
                    entry = new Entry(1, _next++, EntryType.Normal, _data);
                }

                log.Save(new HardState(1, 7, committed), entries);
            }
        }
    }
}
