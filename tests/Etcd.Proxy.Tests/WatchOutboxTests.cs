using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Watching;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class WatchOutboxTests
{
    // A client that does not read must not fill the proxy's memory with few large messages.
    [Fact]
    public async Task Post_MoreBytesThanMayWait_EndsTheStream()
    {
        var outbox = new WatchOutbox();
        var large = new WatchResponse
        {
            Events = { new Event { Kv = new KeyValue { Value = ByteString.CopyFrom(new byte[WatchOutbox.BytesMax / 8]) } } },
        };
        for (int count = 0; count < 10; count++)
        {
            outbox.Post(large);
        }

        int waiting = 0;
        while (outbox.TryTake(out _))
        {
            waiting++;
        }

        Assert.Equal(8, waiting);
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => outbox.WaitAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(RpcStatusCode.Unavailable, end.Code);
    }

    [Fact]
    public void Post_AsMuchAsIsTaken_GoesOn()
    {
        var outbox = new WatchOutbox();
        var large = new WatchResponse
        {
            Events = { new Event { Kv = new KeyValue { Value = ByteString.CopyFrom(new byte[WatchOutbox.BytesMax / 2]) } } },
        };
        for (int count = 0; count < 6; count++)
        {
            outbox.Post(large);
            Assert.True(outbox.TryTake(out _));
        }
    }
}
