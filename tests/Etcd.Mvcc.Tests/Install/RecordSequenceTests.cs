using Etcd.Bolt;
using Etcd.Mvcc.Tests.Store;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Mvcc.Tests.Install;

/// <summary>Records of bucket <c>key</c> held against each other.</summary>
public sealed class RecordSequenceTests
{
    [Fact]
    public void Take_RecordsInTheirPlaces_FindsNothing() => Assert.Empty(Faults(-1,
    [
        Put("a", main: 2, sub: 0, created: 2, version: 1),
        Put("b", main: 2, sub: 1, created: 2, version: 1),
        Put("a", main: 3, sub: 0, created: 2, version: 2),
        Delete("a", main: 4, sub: 0),
        Put("a", main: 5, sub: 0, created: 5, version: 1),
    ]));

    [Theory]
    [InlineData(1, "revision 3_1 is the first of 3")]
    [InlineData(2, "revision 3_2 follows 3_0")]
    [InlineData(3, "revision 5 follows 3")]
    [InlineData(4, "version 3, created at 2, follows version 1, created at 2")]
    [InlineData(5, "version 2, created at 3, follows version 1, created at 2")]
    [InlineData(6, "version 2, created at 2, of a key that is not there")]
    [InlineData(7, "a deletion of a key that is not there")]
    [InlineData(8, "a record of revision 4 under revision 3")]
    [InlineData(9, "a key created at revision 4, changed at 3")]
    [InlineData(10, "a record of version 0")]
    [InlineData(11, "a record without a key")]
    [InlineData(12, "there is no revision 3_-1")]
    public void Take_RecordOutOfPlace_NamesWhatIsWrong(int example, string expected)
    {
        (byte[] Key, byte[] Value) first = Put("a", main: 2, sub: 0, created: 2, version: 1);
        (byte[], byte[])[] records = example switch
        {
            1 => [first, Put("a", main: 3, sub: 1, created: 2, version: 2)],
            2 => [first, Put("a", main: 3, sub: 0, created: 2, version: 2), Put("b", main: 3, sub: 2, created: 3, version: 1)],
            3 => [first, Put("a", main: 3, sub: 0, created: 2, version: 2), Delete("a", main: 5, sub: 0)],
            4 => [first, Put("a", main: 3, sub: 0, created: 2, version: 3)],
            5 => [first, Put("a", main: 3, sub: 0, created: 3, version: 2)],
            6 => [first, Put("b", main: 3, sub: 0, created: 2, version: 2)],
            7 => [first, Delete("b", main: 3, sub: 0)],
            8 => [first, (Put("a", main: 3, sub: 0, created: 2, version: 2).Key, Put("a", main: 4, sub: 0, created: 2, version: 2).Value)],
            9 => [first, Put("a", main: 3, sub: 0, created: 4, version: 2)],
            10 => [first, Put("a", main: 3, sub: 0, created: 2, version: 0)],
            11 => [first, Put("", main: 3, sub: 0, created: 3, version: 1)],
            _ => [first, Delete("a", main: 3, sub: -1)],
        };

        Assert.Equal([expected], Faults(-1, records));
    }

    // Up to it only the newest record of each key that is there is left, and a key's first one above it still follows that.
    [Fact]
    public void Take_GapsUpToTheCompaction_AreNone()
    {
        (byte[], byte[])[] records =
        [
            Put("a", main: 3, sub: 4, created: 2, version: 2),
            Put("b", main: 7, sub: 0, created: 7, version: 1),
            Put("a", main: 11, sub: 0, created: 2, version: 3),
        ];

        Assert.Empty(Faults(10, records));
        Assert.Equal(["revision 11 follows 9"], Faults(9, records));
    }

    // A restore with a raised revision: an empty record, which the mark of a compaction goes with.
    [Fact]
    public void Take_RaisedRevision_IsNoGap() => Assert.Empty(Faults(1002,
    [
        Put("a", main: 2, sub: 0, created: 2, version: 1),
        (Key(1002, 0, isTombstone: false), []),
        Put("a", main: 1003, sub: 0, created: 2, version: 2),
    ]));

    // etcdctl migrate: the index of a v2 key is its revision, and its version is unknown. The store may have had keys of its own.
    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Take_KeysMigratedFromV2_AreNoGaps(long compactRevision) => Assert.Empty(Faults(compactRevision,
    [
        Put("own", main: 2, sub: 0, created: 2, version: 1),
        Put("/a", main: 5, sub: 0, created: 4, version: 1),
        Put("/b", main: 17, sub: 0, created: 17, version: 1),
        Put("/a", main: 18, sub: 0, created: 4, version: 2),
    ]));

    [Fact]
    public void Inspect_RecordsOfATransactionOutOfPlace_IsRefused()
    {
        using var bench = new StoreBench();
        bench.Txn(new TxnRequest { Success = { PutOf("a"), PutOf("b") } });
        byte[] whole = ReceivedDatabase.Of(bench.Backend);
        int key = whole.AsSpan().LastIndexOf(Key(2, 1, isTombstone: false));
        byte[] damaged = [.. whole];
        damaged[key + Revision.SizeBytes - 1] = 9;

        Assert.Equal(2, Inspect(whole).Revision);
        CorruptBackendException refused = Assert.Throws<CorruptBackendException>(() => Inspect(damaged));

        Assert.Contains("revision 2_9 follows 2_0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_BucketIsMissing_IsRefused()
    {
        using var bench = new StoreBench();
        bench.Put("a", "1");
        byte[] bytes = ReceivedDatabase.Of(bench.Backend);
        SimulatedFileSystem disk = Backends.BackendBench.NewDisk();
        ReceivedDatabase.Write(disk, bytes);
        using (BoltDatabase database = BoltDatabase.Open(disk, ReceivedDatabase.Path, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            transaction.DeleteBucket("lease"u8);
            transaction.Commit();
        }

        CorruptBackendException refused = Assert.Throws<CorruptBackendException>(() => DatabaseInspection.Inspect(disk, ReceivedDatabase.Path));

        Assert.Contains("no bucket \"lease\"", refused.Message, StringComparison.Ordinal);
    }

    private static InspectedDatabase Inspect(byte[] bytes)
    {
        SimulatedFileSystem disk = Backends.BackendBench.NewDisk();
        ReceivedDatabase.Write(disk, bytes);
        return DatabaseInspection.Inspect(disk, ReceivedDatabase.Path);
    }

    private static RequestOp PutOf(string key) => new() { RequestPut = new PutRequest { Key = StoreBench.Bytes(key) } };

    private static List<string> Faults(long compactRevision, (byte[] Key, byte[] Value)[] records)
    {
        var sequence = new RecordSequence(compactRevision, followsKeys: true);
        List<string> faults = [];
        foreach ((byte[] key, byte[] value) in records)
        {
            if (sequence.Take(key, value) is { } fault)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }

    private static (byte[] Key, byte[] Value) Put(string key, long main, long sub, long created, long version) => (
        Key(main, sub, isTombstone: false),
        KeyValueRecord.Encode(System.Text.Encoding.UTF8.GetBytes(key), created, main, version, "v"u8, lease: 0));

    private static (byte[] Key, byte[] Value) Delete(string key, long main, long sub) =>
        (Key(main, sub, isTombstone: true), KeyValueRecord.EncodeTombstone(System.Text.Encoding.UTF8.GetBytes(key)));

    private static byte[] Key(long main, long sub, bool isTombstone)
    {
        byte[] key = new byte[isTombstone ? Revision.TombstoneSizeBytes : Revision.SizeBytes];
        new Revision(main, sub).WriteTo(key, isTombstone);
        return key;
    }
}
