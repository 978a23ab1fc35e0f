using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Mvcc.Tests.Backends;

/// <summary>Short hands for tests of the backend.</summary>
internal static class BackendBench
{
    public const string DatabasePath = "/data/db";

    public static SimulatedFileSystem NewDisk()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory("/data");
        disk.SyncDirectory("/");
        return disk;
    }

    /// <summary>A backend that commits on the calling thread, when told or after 100 changes.</summary>
    public static Backend Open(IFileSystem disk, int batchLimit = 10_000) => Backend.Open(disk, DatabasePath, new BackendOptions
    {
        CommitsOnOwnThread = false,
        BatchLimit = batchLimit,
        BatchInterval = TimeSpan.FromDays(1),
        InitialMapBytes = 1 << 20,
    });

    public static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.Latin1.GetString(bytes);

    public static byte[] KeyOf(long main)
    {
        byte[] key = new byte[main % 3 == 0 ? Revision.TombstoneSizeBytes : Revision.SizeBytes];
        new Revision(main, 0).WriteTo(key, isTombstone: main % 3 == 0);
        return key;
    }

    /// <summary>Writes one record a revision, every third a tombstone, each as an entry of its own.</summary>
    public static void PutRevisions(Backend backend, long first, long last)
    {
        for (long main = first; main <= last; main++)
        {
            backend.Put(BackendBucket.Key, KeyOf(main), Bytes($"r{main}"));
            backend.EndEntry(Math.Max(backend.ConsistentIndex + 1, (ulong)main), 1);
        }
    }

    /// <summary>Runs work of a crash sweep: lets the loss of power through that our own exceptions have wrapped.</summary>
    public static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failed) when (failed is not PowerLostException && CauseOf(failed) is { } lost)
        {
            throw lost;
        }
    }

    private static PowerLostException? CauseOf(Exception? failed) =>
        failed is null or PowerLostException ? failed as PowerLostException : CauseOf(failed.InnerException);

    public static string? Get(Backend backend, BackendBucket bucket, string key)
    {
        using BackendView view = backend.View();
        return view.TryGet(bucket, Bytes(key), out ReadOnlySpan<byte> value) ? Text(value) : null;
    }

    public static IReadOnlyList<string> Scan(Backend backend, BackendBucket bucket)
    {
        var lines = new List<string>();
        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(bucket);
        while (cursor.MoveNext())
        {
            lines.Add($"{Text(cursor.Key)}={Text(cursor.Value)}");
        }

        return lines;
    }
}
