using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

using Etcd.Disk;
using Etcd.Disk.Linux;
using Etcd.Testing;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Real etcd reads what this library writes.</summary>
[Collection(nameof(ProcessStarts))]
public sealed class RealEtcdTests
{
    // etcdutl runs bbolt's own integrity check before it prints a status.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(50, false)]
    [InlineData(5000, false)]
    [InlineData(5000, true)]
    public async Task EtcdutlSnapshotStatus_OurFile_FindsTheSame(int keys, bool storeFreelist)
    {
        using var test = new TestDatabase(new BoltOptions { StoreFreelist = storeFreelist });
        foreach (string name in (string[])["alarm", "auth", "cluster", "key", "lease", "members", "meta"])
        {
            test.Write(tx => tx.CreateBucketIfMissing(Bytes(name)).Put(Bytes("some key"), Bytes(name)));
        }

        test.Write(tx => tx.Bucket("key"u8)!.Delete("some key"u8));
        test.Write(tx => PutRevisions(tx, 1, keys));
        test.Write(tx => DeleteEveryThird(tx, keys));
        test.Write(tx => PutRevisions(tx, keys + 1, keys / 2));
        await WriteSnapshotAsync(test);

        JsonElement status = await StatusAsync(test.PathOf("snapshot.db"));

        Assert.Equal(
            SnapshotStatus.Of(test.Database),
            new SnapshotStatus(
                status.GetProperty("hash").GetUInt32(),
                status.GetProperty("revision").GetInt64(),
                status.GetProperty("totalKey").GetInt32(),
                status.GetProperty("totalSize").GetInt64()));
    }

    // The same check of all pages, of the file itself after every step.
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task EtcdutlSnapshotStatus_EveryCommitWhileSpaceIsReclaimed_FindsAWholeFile()
    {
        const int keys = 4000;
        using var test = new TestDatabase();
        test.Write(tx => tx.CreateBucketIfMissing("meta"u8).Put(Bytes("some key"), Bytes("meta")));
        test.Write(tx => PutRevisions(tx, 1, keys));
        test.Write(tx =>
        {
            for (int main = 1; main <= keys; main++)
            {
                Assert.True(main % 6 == 0 || tx.Bucket("key"u8)!.Delete(RevisionKey(main)));
            }
        });
        (long size, long moved) = (test.Database.SizeBytes, 0);

        for (int step = 0; step < 12; step++)
        {
            test.Write(tx =>
            {
                tx.Bucket("meta"u8)!.Put(Bytes("some key"), Bytes($"{step}"));
                moved += tx.ReclaimSpace(test.Database.LiveBytes * 11 / 10, bytesMax: 32 << 10);
            });
            await CopyAsync(test, "copy.db");
            JsonElement status = await StatusAsync(test.PathOf("copy.db"));
            Assert.Equal(SnapshotStatus.Of(test.Database).Hash, status.GetProperty("hash").GetUInt32());
        }

        Assert.True(moved > 0, "nothing was moved");
        Assert.InRange(test.Database.SizeBytes, 1, size / 2);
    }

    private static void PutRevisions(BoltWriteTransaction write, int first, int count)
    {
        BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
        bucket.FillPercent = 0.9;
        for (int main = first; main < first + count; main++)
        {
            bucket.Put(RevisionKey(main), new byte[main % 700 == 0 ? 9000 : 100]);
        }
    }

    private static void DeleteEveryThird(BoltWriteTransaction write, int keys)
    {
        for (int main = 3; main < keys; main += 3)
        {
            Assert.True(write.Bucket("key"u8)!.Delete(RevisionKey(main)));
        }
    }

    private static byte[] RevisionKey(long main)
    {
        byte[] key = new byte[17];
        BinaryPrimitives.WriteInt64BigEndian(key, main);
        key[8] = (byte)'_';
        return key;
    }

    /// <summary>A snapshot file: the copy, and the SHA-256 of it.</summary>
    private static async Task WriteSnapshotAsync(TestDatabase test)
    {
        using BoltReadTransaction read = test.Database.BeginRead();
        using var copy = new MemoryStream();
        await read.CopyToAsync(copy);
        byte[] bytes = copy.ToArray();
        await File.WriteAllBytesAsync(test.PathOf("snapshot.db"), [.. bytes, .. SHA256.HashData(bytes)]);
    }

    // Not File.Copy: it wants a lock of its own.
    private static async Task CopyAsync(TestDatabase test, string name)
    {
        byte[] bytes = new byte[test.Database.FileBytes];
        using (IFile file = LinuxFileSystem.Instance.Open(test.FilePath, FileOpening.Read))
        {
            Assert.Equal(bytes.Length, file.Read(bytes, 0));
        }

        await File.WriteAllBytesAsync(test.PathOf(name), bytes, TestContext.Current.CancellationToken);
    }

    private static async Task<JsonElement> StatusAsync(string path)
    {
        var start = new ProcessStartInfo(RealEtcd.Program("etcdutl"), ["snapshot", "status", path, "-w", "json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
