using Etcd.Bolt;
using Etcd.Mvcc.Tests.Backends;
using Etcd.Mvcc.Tests.Store;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Mvcc.Tests.Install;

public sealed class DatabaseInspectionTests
{
    private const int PageBytes = 4096;
    private static readonly byte[] Whole = MakeDatabase();

    private readonly SimulatedFileSystem _disk = BackendBench.NewDisk();

    [Fact]
    public void Inspect_WholeDatabase_TellsIndexRevisionAndSize()
    {
        InspectedDatabase found = Inspect(Whole);

        Assert.Equal(new InspectedDatabase(200, 201, Whole.Length), found);
    }

    [Fact]
    public void Inspect_CutShortAnywhere_IsRefused()
    {
        for (int length = 0; length < Whole.Length; length += PageBytes / 2)
        {
            AssertRefused(Whole[..length], $"cut to {length} bytes");
        }
    }

    [Fact]
    public void Inspect_APageOfZerosOrOfGarbage_IsRefusedIfItIsInUse()
    {
        byte[] garbage = new byte[PageBytes];
        new Random(7).NextBytes(garbage);
        int refused = 0;
        for (int page = 2; page < Whole.Length / PageBytes; page++)
        {
            foreach (byte[] instead in (byte[][])[new byte[PageBytes], garbage])
            {
                byte[] damaged = [.. Whole];
                instead.CopyTo(damaged, page * PageBytes);
                refused += IsRefused(damaged) ? 1 : 0;
            }
        }

        // Pages that are free may hold anything.
        using BoltDatabase database = Open(Whole);
        Assert.Equal(2 * (database.InUseBytes / PageBytes - 2), refused);
    }

    [Fact]
    public void Inspect_ARecordThatIsNone_IsRefused()
    {
        using Backend backend = BackendBench.Open(BackendBench.NewDisk());
        BackendBench.PutRevisions(backend, 2, 2);

        AssertRefused(ReceivedDatabase.Of(backend), "a record that is no KeyValue");
    }

    private InspectedDatabase Inspect(byte[] bytes)
    {
        ReceivedDatabase.Write(_disk, bytes);
        return DatabaseInspection.Inspect(_disk, ReceivedDatabase.Path);
    }

    private void AssertRefused(byte[] bytes, string what) => Assert.True(IsRefused(bytes), what);

    private bool IsRefused(byte[] bytes)
    {
        try
        {
            Inspect(bytes);
            return false;
        }
        catch (Exception refusal) when (refusal is CorruptDatabaseException or CorruptBackendException)
        {
            return true;
        }
    }

    private BoltDatabase Open(byte[] bytes)
    {
        ReceivedDatabase.Write(_disk, bytes);
        return BoltDatabase.Open(_disk, ReceivedDatabase.Path, new BoltOptions());
    }

    private static byte[] MakeDatabase()
    {
        using var bench = new StoreBench();
        for (int i = 0; i < 200; i++)
        {
            bench.Put($"key-{i % 40:d3}", new string('v', i));
        }

        return ReceivedDatabase.Of(bench.Backend);
    }
}
