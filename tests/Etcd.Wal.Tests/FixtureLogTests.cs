using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

using Etcd.Disk;
using Etcd.Disk.Linux;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;
using Etcd.Wal.Snapshots;

namespace Etcd.Wal.Tests;

/// <summary>Logs and snapshot files written by real etcd 3.4.23 and 3.5.30, against what their manifests say.</summary>
public sealed class FixtureLogTests
{
    public static TheoryData<string> Described =>
        [.. DataDirectoryFixture.Names.Where(name => !name.EndsWith("-tornwal", StringComparison.Ordinal)).DefaultIfEmpty("absent")];

    public static TheoryData<string> Torn =>
        [.. DataDirectoryFixture.Names.Where(name => name.EndsWith("-tornwal", StringComparison.Ordinal)).DefaultIfEmpty("absent")];

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Described))]
    public void Segments_OfARealLog_HoldWhatTheManifestSays(string name)
    {
        using var fixture = new DataDirectoryFixture(name);

        List<Segment> segments = OpenAll(fixture.WalDirectory);
        try
        {
            JsonElement[] expected = [.. fixture.Offline.GetProperty("wal").EnumerateArray()];
            Assert.Equal(expected.Length, segments.Count);
            for (int i = 0; i < expected.Length; i++)
            {
                SegmentSummary.Of(segments[i]).AssertMatches(expected[i]);
            }
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Described))]
    public void Segments_WrittenAgainFromTheirRecords_AreTheSameBytes(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        List<Segment> segments = OpenAll(fixture.WalDirectory);
        try
        {
            Assert.All(segments, AssertSameWhenWrittenAgain);
        }
        finally
        {
            segments.ForEach(segment => segment.Dispose());
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Described))]
    public void Open_ARealLog_GivesAllEntriesAndTheLastState(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        JsonElement last = fixture.Offline.GetProperty("wal").EnumerateArray().Last();

        using WriteAheadLog log = WriteAheadLog.Open(
            LinuxFileSystem.Instance, fixture.WalDirectory, WalSnapshot.None, new WalOptions(), out WalContents contents);

        Assert.Null(contents.TornTail);
        Assert.Equal(last.GetProperty("last_entry_index_term_type_len")[0].GetUInt64(), (ulong)contents.Entries.Count);
        Assert.Equal(last.GetProperty("last_hardstate_term_vote_commit")[2].GetUInt64(), contents.HardState.Commit);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Torn))]
    public void Open_ARealTornLog_IsRepairedAsRealEtcdRepairsIt(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        long tornAt = fixture.Manifest.GetProperty("torn_record").GetProperty("offset").GetInt64();
        string segment = Path.Combine(fixture.WalDirectory, "0000000000000000-0000000000000000.wal");
        byte[] damaged = File.ReadAllBytes(segment);

        using (WriteAheadLog log = WriteAheadLog.Open(
            LinuxFileSystem.Instance, fixture.WalDirectory, WalSnapshot.None, new WalOptions(), out WalContents contents))
        {
            Assert.Equal(tornAt, contents.TornTail?.ValidBytes);
            Assert.Equal(segment + ".broken", contents.TornTail?.Copy);
        }

        Assert.Equal(damaged, File.ReadAllBytes(segment + ".broken"));
        Assert.Equal(damaged[..(int)tornAt], File.ReadAllBytes(segment));
        using WriteAheadLog again = WriteAheadLog.Open(
            LinuxFileSystem.Instance, fixture.WalDirectory, WalSnapshot.None, new WalOptions(), out WalContents clean);
        Assert.Null(clean.TornTail);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Described))]
    public void SnapshotFiles_OfARealMember_HoldWhatTheManifestSays(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        foreach (JsonElement expected in fixture.Offline.GetProperty("snaps").EnumerateArray())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(fixture.SnapDirectory, expected.GetProperty("file").GetString()!));

            Assert.True(SnapshotFile.TryRead(bytes, out Snapshot? snapshot, out string fault), fault);
            Assert.Equal(expected.GetProperty("index").GetUInt64(), snapshot.Metadata.Index);
            Assert.Equal(expected.GetProperty("term").GetUInt64(), snapshot.Metadata.Term);
            Assert.Equal(expected.GetProperty("conf_state_hex").GetString(), SegmentSummary.Hex(snapshot.Metadata.ConfState));
            Assert.Equal(
                expected.GetProperty("data_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(snapshot.Data.Span)));
            Assert.Equal(expected.GetProperty("file").GetString(), SnapshotFile.NameOf(snapshot.Metadata));
            Assert.Equal(bytes, SnapshotFile.Encode(snapshot).ToArray());
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Described))]
    public void LoadNewest_OfARealMember_GivesTheSnapshotItWouldStartFrom(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        IReadOnlyList<WalSnapshot> records = WriteAheadLog.ReadSnapshotRecords(LinuxFileSystem.Instance, fixture.WalDirectory);
        var store = new SnapshotStore(LinuxFileSystem.Instance, fixture.SnapDirectory);

        Snapshot snapshot = Assert.IsType<Snapshot>(store.LoadNewest(records));
        using WriteAheadLog log = WriteAheadLog.Open(
            LinuxFileSystem.Instance,
            fixture.WalDirectory,
            new WalSnapshot(snapshot.Metadata.Index, snapshot.Metadata.Term, null),
            new WalOptions(),
            out WalContents contents);

        Assert.Equal(
            fixture.Offline.GetProperty("snaps").EnumerateArray().Max(expected => expected.GetProperty("index").GetUInt64()),
            snapshot.Metadata.Index);
        Assert.Equal(
            fixture.Offline.GetProperty("wal").EnumerateArray().Last().GetProperty("last_entry_index_term_type_len")[0].GetUInt64(),
            snapshot.Metadata.Index + (ulong)contents.Entries.Count);
    }

    private static List<Segment> OpenAll(string directory) =>
    [
        .. SegmentDirectory.List(LinuxFileSystem.Instance, directory)
            .Select(segment => Segment.OpenToRead(LinuxFileSystem.Instance, directory, segment)),
    ];

    private static void AssertSameWhenWrittenAgain(Segment segment)
    {
        var reader = new RecordReader([segment]);
        Assert.Equal(ReadOutcome.Record, reader.Read(out WalRecord record));
        var disk = new SimulatedFileSystem();
        using IFile file = disk.Open("/again", FileOpening.CreateNew);
        // The head of a segment is its only record without data: its checksum is the one the chain starts from.
        byte[] head = new byte[24];
        segment.File.Read(head, 0);
        uint seed = RecordFrame.Read(head.AsSpan(8, head[0])).Crc;
        var writer = new SegmentWriter(file, 0, 0, seed, new WalOptions { ZeroAheadBytes = 0 });
        writer.Append(RecordType.Crc, []);
        do
        {
            AppendAgain(writer, record);
        }
        while (reader.Read(out record) == ReadOutcome.Record);

        writer.Sync();
        byte[] written = new byte[file.Length];
        byte[] original = new byte[reader.ValidEnd];
        file.Read(written, 0);
        segment.File.Read(original, 0);
        Assert.True(original.AsSpan().SequenceEqual(written), $"{segment.Path} differs at {original.AsSpan().CommonPrefixLength(written)}");
    }

    private static void AppendAgain(SegmentWriter writer, WalRecord record)
    {
        switch (record.Type)
        {
            case RecordType.Entry:
                writer.Append(RaftCodec.ReadEntry(record.Data.ToArray()));
                break;
            case RecordType.State:
                writer.Append(RaftCodec.ReadHardState(record.Data));
                break;
            case RecordType.Snapshot:
                writer.Append(RecordType.Snapshot, SnapshotRecord.Encode(SnapshotRecord.Read(record.Data)));
                break;
            default:
                writer.Append(record.Type, record.Data);
                break;
        }
    }

    /// <summary>What the manifests tell about a segment, found by our own reader.</summary>
    private sealed class SegmentSummary
    {
        private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal) { ["4"] = 1 };
        private readonly List<WalSnapshot> _snapshots = [];
        private Entry? _first;
        private Entry? _last;
        private HardState _state;
        private long _end;
        private uint _crc;

        public static SegmentSummary Of(Segment segment)
        {
            var summary = new SegmentSummary();
            var reader = new RecordReader([segment]);
            while (reader.Read(out WalRecord record) == ReadOutcome.Record)
            {
                summary.Take(record);
            }

            summary._end = reader.ValidEnd;
            summary._crc = reader.Crc;
            return summary;
        }

        public static string Hex(ConfState state)
        {
            byte[] bytes = new byte[RaftCodec.SizeOf(state)];
            RaftCodec.Write(state, bytes);
            return Convert.ToHexStringLower(bytes);
        }

        public void AssertMatches(JsonElement expected)
        {
            Assert.Equal(expected.GetProperty("end_offset").GetInt64(), _end);
            Assert.Equal(expected.GetProperty("crc_at_end").GetUInt32(), _crc);
            Assert.Equal(
                expected.GetProperty("record_type_counts").EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetInt32()),
                _counts.ToDictionary());
            AssertEntry(expected.GetProperty("first_entry"), _first);
            AssertEntry(expected.GetProperty("last_entry_index_term_type_len"), _last);
            JsonElement state = expected.GetProperty("last_hardstate_term_vote_commit");
            Assert.Equal(new HardState(state[0].GetUInt64(), state[1].GetUInt64(), state[2].GetUInt64()), _state);
            Assert.Equal(
                expected.GetProperty("snapshot_records").EnumerateArray().Select(record =>
                    (record.GetProperty("index").GetUInt64(), record.GetProperty("term").GetUInt64(), record.GetProperty("conf_state_hex").GetString())),
                _snapshots.Select(record => (record.Index, record.Term, record.ConfState is null ? null : Hex(record.ConfState))));
        }

        private static void AssertEntry(JsonElement expected, Entry? found)
        {
            Assert.Equal(expected[0].GetUInt64(), found?.Index);
            Assert.Equal(expected[1].GetUInt64(), found?.Term);
            Assert.Equal(expected[2].GetInt32(), (int?)found?.Type);
            Assert.Equal(expected[3].GetInt32(), found?.Data.Length);
        }

        private void Take(WalRecord record)
        {
            string type = ((int)record.Type).ToString(CultureInfo.InvariantCulture);
            _counts[type] = _counts.GetValueOrDefault(type) + 1;
            switch (record.Type)
            {
                case RecordType.Entry:
                    _last = RaftCodec.ReadEntry(record.Data.ToArray());
                    _first ??= _last;
                    break;
                case RecordType.State:
                    _state = RaftCodec.ReadHardState(record.Data);
                    break;
                case RecordType.Snapshot:
                    _snapshots.Add(SnapshotRecord.Read(record.Data));
                    break;
                default:
                    break;
            }
        }
    }
}
