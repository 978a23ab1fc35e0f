using Etcd.Client.Tests.Scripted;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.History;
using Google.Protobuf;
using WatchScript = Etcd.Client.Tests.Scripted.ScriptedStream<Etcd.Protocol.Rpc.WatchRequest, Etcd.Protocol.Rpc.WatchResponse>;

namespace Etcd.Client.Tests.Etcdctl;

public sealed class HistoryReaderTests
{
    private const long Now = 1_000_000;

    private static readonly RpcException Compacted = new(RpcStatusCode.OutOfRange, "etcdserver: mvcc: required revision has been compacted");

    private readonly ScriptedEndpoint _member;
    private readonly EtcdClient _client;

    public HistoryReaderTests()
    {
        var cluster = new ScriptedCluster();
        _member = cluster["a"];
        _client = cluster.Client(new EtcdClientOptions { Endpoints = ["a"] });
    }

    // Found in a review: it tried one revision after the other, a round trip each.
    [Fact]
    public async Task Read_CompactedFurtherMeanwhile_AsksAWatchHowFar()
    {
        _member.Answers(Key(Now)).Answers(Key(Now)).Answers(Compacted).Answers(Key(Now)).Answers(Key(Now)).Answers(Key(700_000));
        WatchThatIsCompactedAt(500_000);
        WatchThatIsCompactedAt(900_000);
        WatchScript last = _member.Stream<WatchRequest, WatchResponse>();
        last.Push(new WatchResponse { Created = true });
        last.Push(new WatchResponse
        {
            Header = new ResponseHeader { Revision = Now },
            Events = { new Event { Kv = Key(Now).Kvs[0] } },
        });

        KeyHistory history = await new HistoryReader(_client).ReadAsync("k"u8.ToArray(), fromRevision: 0, TestContext.Current.CancellationToken);

        Assert.Equal(900_000, history.CompactRevision);
        Assert.Equal([700_000, Now], history.Changes.Select(change => change.Kv.ModRevision));
        Assert.Equal(900_001, (await last.NextRequestAsync()).CreateRequest.StartRevision);
        Assert.Equal([0, 0, 500_000, 0, 0, 900_000], _member.Requests.Cast<RangeRequest>().Select(request => request.Revision));
    }

    private static RangeResponse Key(long modRevision) => new()
    {
        Header = new ResponseHeader { Revision = Now },
        Kvs = { new KeyValue { Key = ByteString.CopyFromUtf8("k"), ModRevision = modRevision } },
    };

    private void WatchThatIsCompactedAt(long revision)
    {
        WatchScript watch = _member.Stream<WatchRequest, WatchResponse>();
        watch.Push(new WatchResponse { Created = true });
        watch.Push(new WatchResponse { Canceled = true, CompactRevision = revision });
    }
}
