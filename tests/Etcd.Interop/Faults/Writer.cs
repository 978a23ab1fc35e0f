using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Faults;

/// <summary>Writes pairs of keys, each pair in one transaction, until the server goes away, and remembers what was acknowledged.</summary>
internal sealed class Writer(string prefix)
{
    private long _acknowledged;
    private long _highestRevision;

    /// <summary>Pairs the server has acknowledged: those numbered from 0 up to this.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Highest revision an acknowledgement named.</summary>
    public long HighestRevision => Interlocked.Read(ref _highestRevision);

    /// <summary>Writes pair after pair.</summary>
    /// <returns>When the server no longer answers.</returns>
    public async Task RunAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        try
        {
            while (true)
            {
                TxnResponse reply = await connection.CallAsync(EtcdMethods.Txn, PairOf(_acknowledged));
                Interlocked.Exchange(ref _highestRevision, reply.Header.Revision);
                Interlocked.Increment(ref _acknowledged);
            }
        }
        catch (RpcException gone) when (gone.Code is RpcStatusCode.Unavailable or RpcStatusCode.Canceled or RpcStatusCode.Unknown or RpcStatusCode.Internal)
        {
            // The end of the server is the end of this writer.
        }
    }

    /// <summary>Checks the store against what was acknowledged: every such pair is there, one more may be, none is half there.</summary>
    public async Task CheckAsync(EtcdConnection connection)
    {
        RangeResponse first = await RangeAsync(connection, "a");
        RangeResponse second = await RangeAsync(connection, "b");

        Assert.True(first.Count >= Acknowledged, $"{Acknowledged} pairs were acknowledged, {first.Count} are there");
        Assert.True(first.Count <= Acknowledged + 1, $"{Acknowledged} pairs were acknowledged and one more was under way, {first.Count} are there");
        Assert.Equal(first.Kvs.Select(pair => (NumberOf(pair.Key), pair.Value, pair.ModRevision)), second.Kvs.Select(pair => (NumberOf(pair.Key), pair.Value, pair.ModRevision)));
        Assert.Equal(Enumerable.Range(0, (int)first.Count).Select(number => $"{number:D8}"), first.Kvs.Select(pair => NumberOf(pair.Key)));
        Assert.All(first.Kvs, pair => Assert.Equal(1, pair.Version));
    }

    private static string NumberOf(ByteString key) => key.ToStringUtf8()[^8..];

    private TxnRequest PairOf(long number) => new()
    {
        Success =
        {
            new RequestOp { RequestPut = new PutRequest { Key = Text($"{prefix}a/{number:D8}"), Value = Text($"value of {number}") } },
            new RequestOp { RequestPut = new PutRequest { Key = Text($"{prefix}b/{number:D8}"), Value = Text($"value of {number}") } },
        },
    };

    private Task<RangeResponse> RangeAsync(EtcdConnection connection, string half) =>
        connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Text($"{prefix}{half}/"), RangeEnd = Text($"{prefix}{half}0") });

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);
}
