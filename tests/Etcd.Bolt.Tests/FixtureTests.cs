using System.Text;
using System.Text.Json;

using Etcd.Disk.Linux;
using Etcd.Testing;

namespace Etcd.Bolt.Tests;

/// <summary>Files that real etcd 3.4 and 3.5 wrote, in every way they were shut down.</summary>
public sealed class FixtureTests
{
    public static TheoryData<string> Fixtures { get; } = [.. FixtureFiles.Names()];

    public static TheoryData<string> Described { get; } = [.. FixtureFiles.Names()
        .Where(name => FixtureFiles.Manifest(name).ValueKind == JsonValueKind.Object)];

    public static TheoryData<string> Snapshots { get; } = [.. FixtureFiles.Names()
        .Where(name => name.EndsWith("-snapshot", StringComparison.Ordinal))];

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason, SkipTestWithoutData = true)]
    [MemberData(nameof(Fixtures))]
    public void Check_FileOfRealEtcd_IsClean(string name)
    {
        using var directory = new TemporaryDirectory();
        FixtureFiles.Extract(name, directory.File("db"));

        using BoltDatabase database = Open(directory, readOnly: false);

        Assert.Empty(database.Check());
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason, SkipTestWithoutData = true)]
    [MemberData(nameof(Described))]
    public void Buckets_FileOfRealEtcd_HaveTheManifestsKeysAndSequences(string name)
    {
        using var directory = new TemporaryDirectory();
        FixtureFiles.Extract(name, directory.File("db"));
        JsonElement manifest = FixtureFiles.Manifest(name);

        using BoltDatabase database = Open(directory, readOnly: true);
        using BoltReadTransaction read = database.BeginRead();

        string[] expected = [.. manifest.GetProperty("buckets").EnumerateObject()
            .Select(b => $"{b.Name} {b.Value.GetProperty("keys")} {b.Value.GetProperty("root_page")} {b.Value.GetProperty("sequence")}")
            .Order(StringComparer.Ordinal)];
        string[] found = [.. read.BucketNames().Select(bucketName =>
        {
            BoltBucket bucket = read.Bucket(bucketName)!;
            return $"{Encoding.UTF8.GetString(bucketName)} {Pairs(bucket).Count} {bucket.Tree.RootPageId} {bucket.Sequence}";
        })];
        Assert.Equal(expected, found);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason, SkipTestWithoutData = true)]
    [MemberData(nameof(Described))]
    public void Contents_FileOfRealEtcd_AreTheManifestsBytes(string name)
    {
        using var directory = new TemporaryDirectory();
        FixtureFiles.Extract(name, directory.File("db"));
        JsonElement manifest = FixtureFiles.Manifest(name);

        using BoltDatabase database = Open(directory, readOnly: true);
        using BoltReadTransaction read = database.BeginRead();

        if (manifest.TryGetProperty("key_bucket_revisions_hex", out JsonElement revisions))
        {
            Assert.Equal(
                revisions.EnumerateArray().Select(revision => revision.GetString()),
                Pairs(read.Bucket("key"u8)!).Select(pair => pair.Key));
        }

        foreach (JsonProperty bucket in manifest.GetProperty("non_key_bucket_contents_hex").EnumerateObject())
        {
            Assert.Equal(
                bucket.Value.EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()!)),
                Pairs(read.Bucket(Encoding.UTF8.GetBytes(bucket.Name))!));
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason, SkipTestWithoutData = true)]
    [MemberData(nameof(Snapshots))]
    public void SnapshotFile_Status_IsWhatEtcdutlPrinted(string name)
    {
        using var directory = new TemporaryDirectory();
        FixtureFiles.Extract(name, directory.File("db"));
        JsonElement status = FixtureFiles.Whole(name).GetProperty("status");

        using BoltDatabase database = Open(directory, readOnly: true);

        Assert.Equal(
            new SnapshotStatus(
                status.GetProperty("hash").GetUInt32(),
                status.GetProperty("revision").GetInt64(),
                status.GetProperty("totalKey").GetInt32(),
                status.GetProperty("totalSize").GetInt64()),
            SnapshotStatus.Of(database));
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason, SkipTestWithoutData = true)]
    [MemberData(nameof(Fixtures))]
    public void Commit_OnFileOfRealEtcd_KeepsAllElse(string name)
    {
        using var directory = new TemporaryDirectory();
        FixtureFiles.Extract(name, directory.File("db"));
        using BoltDatabase database = Open(directory, readOnly: false);
        SnapshotStatus before = SnapshotStatus.Of(database);

        for (int i = 0; i < 3; i++)
        {
            using BoltWriteTransaction write = database.BeginWrite();
            write.CreateBucketIfMissing("test"u8).Put(new byte[] { (byte)i }, new byte[5000]);
            write.Commit();
            Assert.Empty(database.Check());
        }

        using (BoltWriteTransaction write = database.BeginWrite())
        {
            write.DeleteBucket("test"u8);
            write.Commit();
        }

        Assert.Empty(database.Check());
        Assert.Equal(before with { TotalSize = database.SizeBytes }, SnapshotStatus.Of(database));
    }

    private static BoltDatabase Open(TemporaryDirectory directory, bool readOnly) =>
        BoltDatabase.Open(LinuxFileSystem.Instance, directory.File("db"), new BoltOptions { ReadOnly = readOnly });

    private static List<(string Key, string Value)> Pairs(BoltBucket bucket)
    {
        List<(string Key, string Value)> pairs = [];
        BoltCursor cursor = bucket.Cursor();
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            pairs.Add((Convert.ToHexStringLower(cursor.Key), Convert.ToHexStringLower(cursor.Value)));
        }

        return pairs;
    }
}
