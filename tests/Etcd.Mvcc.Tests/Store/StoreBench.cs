using Etcd.Disk;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;
using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Store;

/// <summary>A store on a simulated disk, driven by one thread: each write is one raft entry.</summary>
internal sealed class StoreBench : IDisposable
{
    public const string DatabasePath = "/data/db";
    private readonly BackendOptions _backendOptions;
    private ulong _index;

    public StoreBench(IFileSystem? disk = null, BackendOptions? backendOptions = null)
    {
        _backendOptions = backendOptions ?? new BackendOptions { CommitsOnOwnThread = false, InitialMapBytes = 1 << 20 };
        Disk = disk ?? new SimulatedFileSystem();
        Disk.CreateDirectory("/data");
        (Backend, Store) = Open();
        _index = Backend.ConsistentIndex;
    }

    public IFileSystem Disk { get; private set; }

    public Backend Backend { get; private set; }

    public MvccStore Store { get; private set; }

    public TestLeaseBook Leases { get; private set; } = new();

    public static ByteString Bytes(string text) => ByteString.CopyFrom(text, System.Text.Encoding.Latin1);

    public static string Text(ByteString bytes) => bytes.ToString(System.Text.Encoding.Latin1);

    public long Put(string key, string value, long lease = 0) =>
        InEntry(() => Store.Put(new PutRequest { Key = Bytes(key), Value = Bytes(value), Lease = lease })).Header.Revision;

    public DeleteRangeResponse Delete(string key, string end = "", bool previous = false) =>
        InEntry(() => Store.DeleteRange(new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end), PrevKv = previous }));

    public TxnResponse Txn(TxnRequest request) => InEntry(() => Store.Txn(request));

    /// <summary>Asks for a compaction and runs it through.</summary>
    public void Compact(long revision)
    {
        InEntry(() => Store.Compact(revision));
        Store.RunCompactions();
    }

    public RangeResponse Range(string key, string end = "", long revision = 0, long limit = 0) =>
        Range(new RangeRequest { Key = Bytes(key), RangeEnd = Bytes(end), Revision = revision, Limit = limit });

    /// <summary>The reply as a client gets it: through the spliced bytes.</summary>
    public RangeResponse Range(RangeRequest request)
    {
        using RangeReply reply = Store.Range(request);
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        reply.WriteKeyValuesTo(writer);
        RangeResponse response = RangeResponse.Parser.ParseFrom(writer.WrittenSpan);
        Assert.Equal(reply.KeyValueCount, response.Kvs.Count);
        response.Header = new ResponseHeader { Revision = reply.Revision };
        response.More = reply.More;
        response.Count = reply.Count;
        Assert.Equal(response, reply.ToMessage());
        return response;
    }

    /// <summary>Everything at a revision, one line a key.</summary>
    public IReadOnlyList<string> Dump(long revision = 0) => [.. Range("\0", "\0", revision).Kvs.Select(Line)];

    public static string Line(KeyValue pair) =>
        $"{Text(pair.Key)}={Text(pair.Value)} c{pair.CreateRevision} m{pair.ModRevision} v{pair.Version} l{pair.Lease}";

    public T InEntry<T>(Func<T> apply)
    {
        try
        {
            return apply();
        }
        finally
        {
            Backend.EndEntry(++_index, 1);
        }
    }

    /// <summary>Takes a received database in the place of its own.</summary>
    public void Install(string path)
    {
        Backend.Install(path);
        Leases.DetachAll();
        Store.Reload();
        _index = Backend.ConsistentIndex;
    }

    /// <summary>Closes and opens again; leases stay granted, their keys come from the store.</summary>
    public void Restart(IFileSystem? disk = null)
    {
        HashSet<long> granted = Leases.Granted;
        if (disk is null)
        {
            Dispose();
        }

        Disk = disk ?? Disk;
        Leases = new TestLeaseBook();
        Leases.Granted.UnionWith(granted);
        (Backend, Store) = Open();
        _index = Backend.ConsistentIndex;
    }

    public void Dispose()
    {
        Store.Dispose();
        Backend.Dispose();
    }

    private (Backend Backend, MvccStore Store) Open()
    {
        Backend backend = Backend.Open(Disk, DatabasePath, _backendOptions);
        return (backend, MvccStore.Open(backend, Leases, new MvccOptions { CompactsInBackground = false, CompactionBatchLimit = 3 }));
    }
}
