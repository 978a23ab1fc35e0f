using System.Text.Json;

using Etcd.Disk.Linux;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Etcd.Wal.Records;
using Etcd.Wal.Recovery;
using Etcd.Wal.Segments;

namespace Etcd.Wal.Tests;

/// <summary>Real etcd starts from a log that was written by this library.</summary>
[Collection(nameof(ProcessStarts))]
public sealed class RealEtcdLogTests
{
    // Enough cuts that real etcd must follow the chain of checksums over several segments.
    private static readonly WalOptions ManySegments = new() { SegmentBytes = 32 << 10 };

    public static bool IsPossible => RealEtcd.IsPresent && SharedMaterial.IsPresent;

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v34-kill9", ServerKind.Real34)]
    [InlineData("v35-kill9", ServerKind.Real35)]
    public async Task RealEtcd_OnALogWrittenByUs_RecoversAllKeys(string name, ServerKind kind)
    {
        using var fixture = new DataDirectoryFixture(name);
        WriteAgain(fixture.WalDirectory);
        JsonElement expected = fixture.Manifest.GetProperty("after_real_recovery").GetProperty("get_all");

        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = fixture.DataDirectory }, TestContext.Current.CancellationToken);
        CommandOutcome read = await new Command(RealEtcd.Ctl("3.5"), ["--endpoints", server.Endpoint, "get", "", "--prefix", "-w", "json"])
            .RunAsync(TestContext.Current.CancellationToken);

        using JsonDocument found = JsonDocument.Parse(read.MustSucceed().Output);
        Assert.Equal(expected.GetProperty("count").GetInt64(), found.RootElement.GetProperty("count").GetInt64());
        Assert.Equal(Revision(expected), Revision(found.RootElement));
        Assert.Equal(
            expected.GetProperty("kvs_rows").EnumerateArray().Select(row => (row[0].GetString(), row[1].GetString())),
            found.RootElement.GetProperty("kvs").EnumerateArray().Select(pair => (pair.GetProperty("key").GetString(), pair.GetProperty("value").GetString())));
    }

    private static long Revision(JsonElement reply) => reply.GetProperty("header").GetProperty("revision").GetInt64();

    /// <summary>Replaces a log by one of our own with the same records.</summary>
    private static void WriteAgain(string directory)
    {
        string original = directory + ".original";
        Directory.Move(directory, original);
        List<Segment> segments =
        [
            .. SegmentDirectory.List(LinuxFileSystem.Instance, original)
                .Select(segment => Segment.OpenToRead(LinuxFileSystem.Instance, original, segment)),
        ];
        var reader = new RecordReader(segments);
        WriteAheadLog? log = null;
        while (reader.Read(out WalRecord record) == ReadOutcome.Record)
        {
            switch (record.Type)
            {
                case RecordType.Metadata:
                    log ??= WriteAheadLog.Create(LinuxFileSystem.Instance, directory, record.Data.ToArray(), ManySegments);
                    break;
                case RecordType.Entry:
                    log!.Save(default, [RaftCodec.ReadEntry(record.Data.ToArray())]);
                    break;
                case RecordType.State:
                    log!.Save(RaftCodec.ReadHardState(record.Data), []);
                    break;
                default:
                    WalSnapshot snapshot = SnapshotRecord.Read(record.Data);
                    if (snapshot.Index > 0)
                    {
                        log!.SaveSnapshot(snapshot with { ConfState = snapshot.ConfState ?? ConfState.Empty });
                    }

                    break;
            }
        }

        log!.Dispose();
        segments.ForEach(segment => segment.Dispose());
        Directory.Delete(original, recursive: true);
        Assert.True(Directory.GetFiles(directory).Length > 2, "the log must have been cut");
    }
}
