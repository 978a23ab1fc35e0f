using Etcd.Bolt;
using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.V2Api;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Google.Protobuf;

namespace Etcd.Server.Tests.Offline;

public sealed class V2KeyMigrationTests
{
    private const long Later = 4_000_000_000_000_000_000;

    private static readonly DataDirectory Member = new("/data", null);

    private readonly SimulatedFileSystem _disk = OfflineDisk.NewDisk();

    public V2KeyMigrationTests() => OfflineDisk.Restore(_disk, OfflineDisk.Options);

    [Fact]
    public void Run_KeysInTheLog_BecomeRevisionsOfTheirIndexes()
    {
        Log(Put("/1/a", "1"), Put("/1/dir/b", "2"), Put("/1/a", "3"), Put("/1/_hidden/c", "4"), Put("/1/dir/_d", "5"));

        Migrate();

        Assert.Equal([("/dir/b", "2", 1, 0), ("/a", "3", 1, 0)], Keys().Select(pair =>
            (pair.Key.ToStringUtf8(), pair.Value.ToStringUtf8(), (int)pair.Version, (int)pair.Lease)));
        Assert.All(Keys(), pair => Assert.Equal(pair.CreateRevision, pair.ModRevision));
        Assert.Equal(1, Keys()[1].ModRevision - Keys()[0].ModRevision);
    }

    [Theory]
    [InlineData(false, "/a /ttl")]
    [InlineData(true, "/a")]
    public void Run_KeyHasATimeToLive_ItIsLostOrTheKeyIs(bool leavesOutExpiring, string keys)
    {
        Request expiring = Put("/1/ttl", "2");
        expiring.Expiration = Later;
        Log(Put("/1/a", "1"), expiring);

        Migrate(leavesOutExpiring);

        Assert.Equal(keys, string.Join(' ', Keys().Select(pair => pair.Key.ToStringUtf8())));
    }

    [Fact]
    public void Run_Twice_ChangesNothing()
    {
        Log(Put("/1/a", "1"));
        Migrate();
        IReadOnlyList<KeyValue> before = Keys();

        Migrate();

        Assert.Equal(before, Keys());
    }

    // Real etcd overwrites it.
    [Fact]
    public void Run_RevisionIsTaken_RefusesAndChangesNothing()
    {
        Log(Put("/1/a", "1"), Put("/1/b", "2"));
        Migrate();
        long second = Keys()[1].ModRevision;
        var own = new KeyValue { Key = ByteString.CopyFromUtf8("own"), ModRevision = second, CreateRevision = second, Version = 1 };
        Write(bucket =>
        {
            bucket.Delete(RevisionKey(second - 1));
            bucket.Put(RevisionKey(second), own.ToByteArray());
        });

        OfflineException refusal = Assert.Throws<OfflineException>(() => Migrate());

        Assert.StartsWith($"the v3 store has another change at revision {second}, where the v2 key /b belongs", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([own], Keys());
    }

    // Real etcd marks it as done.
    [Fact]
    public void Run_LogHasAChangeOfTheV3StoreThatTheDatabaseHasNot_Refuses()
    {
        Log(Put("/1/a", "1"), new InternalRaftRequest
        {
            Header = new Etcd.Protocol.Replication.RequestHeader { ID = 1 },
            Put = new PutRequest { Key = ByteString.CopyFromUtf8("k") },
        });

        OfflineException refusal = Assert.Throws<OfflineException>(() => Migrate());

        Assert.StartsWith("the log has changes of the v3 store that /data/member/snap/db has not", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Keys());
    }

    [Fact]
    public void Run_NoDatabase_Refuses() => Assert.Throws<OfflineException>(
        () => V2KeyMigration.Run(_disk, new V2KeyMigrationOptions(new DataDirectory("/none", null), false, null, TimeSpan.Zero), TimeProvider.System));

    [Theory]
    [InlineData("no pair", "the transformer wrote something that is no pair")]
    [InlineData("\u0004\0\0\0\0\0\0\0", "the transformer wrote a pair that cannot be read")]
    [InlineData("\u0002\0\0\0\0\0\0\0\n\u0000", "the transformer gave the key  no revision")]
    public void Run_TransformerWritesNonsense_RefusesAndChangesNothing(string written, string message)
    {
        Log(Put("/1/a", "1"));

        OfflineException refusal = Assert.Throws<OfflineException>(() => Migrate(
            transformer: (_, readPairs) => readPairs(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(written)))));

        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Keys());
    }

    // Of three members nobody knows alone what has come of the last entry.
    [Fact]
    public void Run_EntryThatIsNotKnownToBeCommitted_IsLeftOut()
    {
        OfflineDisk.Restore(_disk, OfflineDisk.Options with
        {
            DataDirectory = "/three",
            InitialCluster = "default=http://localhost:2380,b=http://localhost:2381,c=http://localhost:2382",
        });
        var three = new DataDirectory("/three", null);
        Log(three, committed: 1, Put("/1/a", "1"), Put("/1/b", "2"));

        V2KeyMigration.Run(_disk, new V2KeyMigrationOptions(three, false, null, TimeSpan.Zero), TimeProvider.System);

        Assert.Equal(["/a"], Keys(three).Select(pair => pair.Key.ToStringUtf8()));
    }

    private static Request Put(string path, string value)
    {
        Request request = V2Requests.Create(V2Requests.Put, path);
        request.Val = value;
        return request;
    }

    private static byte[] RevisionKey(long main)
    {
        byte[] key = new byte[Revision.SizeBytes];
        new Revision(main, 0).WriteTo(key);
        return key;
    }

    private void Migrate(bool leavesOutExpiring = false, V2Transformer? transformer = null) =>
        V2KeyMigration.Run(_disk, new V2KeyMigrationOptions(Member, leavesOutExpiring, transformer, TimeSpan.Zero), TimeProvider.System);

    private void Log(params IMessage[] requests) => Log(Member, committed: 0, requests);

    private void Log(DataDirectory member, int committed, params IMessage[] requests)
    {
        Snapshot begin = new SnapshotStore(_disk, member.Snapshots).LoadNewest(WriteAheadLog.ReadSnapshotRecords(_disk, member.Wal))!;
        using WriteAheadLog log = WriteAheadLog.Open(
            _disk,
            member.Wal,
            new WalSnapshot(begin.Metadata.Index, begin.Metadata.Term, begin.Metadata.ConfState),
            new WalOptions(),
            out WalContents contents);
        log.Save(contents.HardState with { Commit = begin.Metadata.Index + (ulong)committed }, [.. requests.Select((request, at) =>
            new Entry(1, begin.Metadata.Index + (ulong)at + 1, EntryType.Normal, request.ToByteArray()))]);
    }

    private List<KeyValue> Keys(DataDirectory? member = null)
    {
        using BoltDatabase database = BoltDatabase.Open(_disk, (member ?? Member).Backend, new BoltOptions { InitialMapBytes = 1 << 20 });
        using BoltReadTransaction transaction = database.BeginRead();
        var keys = new List<KeyValue>();
        BoltCursor cursor = transaction.Bucket("key"u8)!.Cursor();
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            keys.Add(KeyValue.Parser.ParseFrom(cursor.Value));
        }

        return keys;
    }

    private void Write(Action<BoltBucket> change)
    {
        using BoltDatabase database = BoltDatabase.Open(_disk, Member.Backend, new BoltOptions { InitialMapBytes = 1 << 20 });
        using BoltWriteTransaction transaction = database.BeginWrite();
        change(transaction.Bucket("key"u8)!);
        transaction.Commit();
    }
}
