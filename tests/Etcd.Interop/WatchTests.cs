using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop;

/// <summary>What watchers are told, and when they are refused.</summary>
public class WatchTests(SharedServers servers) : IClassFixture<SharedServers>
{
    private readonly string _prefix = $"watch/{Guid.NewGuid():N}/";

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_PutsAndDeletes_ArriveInOrderWithPreviousValues(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a"), PrevKv = true });

        await PutAsync(connection, "a", "1");
        await PutAsync(connection, "a", "2");
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Key("a") });
        IReadOnlyList<Event> events = await TakeEventsAsync(watch, 3);

        Assert.Equal([Event.Types.EventType.Put, Event.Types.EventType.Put, Event.Types.EventType.Delete], events.Select(change => change.Type));
        Assert.Equal(["1", "2", ""], events.Select(change => change.Kv.Value.ToStringUtf8()));
        Assert.Equal([null, "1", "2"], events.Select(change => change.PrevKv?.Value.ToStringUtf8()));
        Assert.Equal([1, 2, 0], events.Select(change => change.Kv.Version));
        Assert.Equal(events[0].Kv.ModRevision + 2, events[2].Kv.ModRevision);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_Filters_LeaveOutWhatTheyName(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest
        {
            Key = Key("a"),
            WatchId = 1,
            Filters = { WatchCreateRequest.Types.FilterType.Noput },
        });
        await CreateAsync(watch, new WatchCreateRequest
        {
            Key = Key("a"),
            WatchId = 2,
            Filters = { WatchCreateRequest.Types.FilterType.Nodelete },
        });

        await PutAsync(connection, "a", "1");
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Key("a") });
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);
        (long firstId, Event first) = (watch.Current.WatchId, Assert.Single(watch.Current.Events));
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);
        (long secondId, Event second) = (watch.Current.WatchId, Assert.Single(watch.Current.Events));

        Assert.Equal((2, Event.Types.EventType.Put), (firstId, first.Type));
        Assert.Equal((1, Event.Types.EventType.Delete), (secondId, second.Type));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_TransactionOfManyKeys_ArrivesAsOneResponse(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key(""), RangeEnd = Key("~") });

        await connection.CallAsync(EtcdMethods.Txn, new TxnRequest
        {
            Success = { Enumerable.Range(0, 50).Select(number => new RequestOp { RequestPut = new PutRequest { Key = Key($"{number:D2}") } }) },
        });
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(50, watch.Current.Events.Count);
        Assert.Single(watch.Current.Events.Select(change => change.Kv.ModRevision).Distinct());
        Assert.Equal(Enumerable.Range(0, 50).Select(number => Key($"{number:D2}")), watch.Current.Events.Select(change => change.Kv.Key));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_PastRevision_CatchesUpAndGoesOnLive(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        long first = await PutAsync(connection, "a", "0");
        for (int number = 1; number < 300; number++)
        {
            await PutAsync(connection, "a", $"{number}");
        }

        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a"), StartRevision = first });
        for (int number = 300; number < 400; number++)
        {
            await PutAsync(connection, "a", $"{number}");
        }

        IReadOnlyList<Event> events = await TakeEventsAsync(watch, 400);

        Assert.Equal(Enumerable.Range(0, 400).Select(number => $"{number}"), events.Select(change => change.Kv.Value.ToStringUtf8()));
    }

    // #20221: events below the revision asked for were delivered.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_FutureRevision_BeginsThere(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        long now = await PutAsync(connection, "a", "before");
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a"), StartRevision = now + 3 });

        await PutAsync(connection, "a", "one early");
        await PutAsync(connection, "a", "two early");
        await PutAsync(connection, "a", "there");
        Event change = Assert.Single(await TakeEventsAsync(watch, 1));

        Assert.Equal(("there", now + 3), (change.Kv.Value.ToStringUtf8(), change.Kv.ModRevision));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_CompactedRevision_IsCreatedThenCanceled(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        await PutAsync(connection, "a", "1");
        long last = await PutAsync(connection, "a", "2");
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = last });
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);

        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a"), StartRevision = last - 1 });
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);

        Assert.Equal((true, last), (watch.Current.Canceled, watch.Current.CompactRevision));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_IdTwice_RefusesTheSecond(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a"), WatchId = 7 });

        WatchResponse refused = await CreateAsync(watch, new WatchCreateRequest { Key = Key("b"), WatchId = 7 });

        Assert.Equal((true, -1, "mvcc: duplicate watch ID provided on the WatchStream"), (refused.Canceled, refused.WatchId, refused.CancelReason));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_EmptyRange_IsRefused(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);

        WatchResponse refused = await CreateAsync(watch, new WatchCreateRequest { Key = Key("b"), RangeEnd = Key("a") });

        Assert.Equal((true, -1, "mvcc: watcher range is empty"), (refused.Canceled, refused.WatchId, refused.CancelReason));
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_Canceled_SaysSoAndStaysSilent(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        WatchResponse created = await CreateAsync(watch, new WatchCreateRequest { Key = Key("a") });

        await watch.WriteAsync(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = created.WatchId } }, TestContext.Current.CancellationToken);
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);
        WatchResponse canceled = watch.Current;
        await PutAsync(connection, "a", "unseen");
        WatchResponse next = await CreateAsync(watch, new WatchCreateRequest { Key = Key("b") });

        Assert.Equal((true, created.WatchId), (canceled.Canceled, canceled.WatchId));
        Assert.True(next.Created);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Watch_ProgressRequest_TellsTheCurrentRevision(ServerKind kind)
    {
        await using EtcdConnection connection = await servers.ConnectAsync(kind);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);
        await CreateAsync(watch, new WatchCreateRequest { Key = Key("a") });
        long revision = await PutAsync(connection, "a", "1");
        await TakeEventsAsync(watch, 1);

        await watch.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, TestContext.Current.CancellationToken);
        await watch.MoveNextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(-1, watch.Current.WatchId);
        Assert.Empty(watch.Current.Events);
        Assert.True(watch.Current.Header.Revision >= revision);
    }

    private static async Task<WatchResponse> CreateAsync(RpcStreamCall<WatchRequest, WatchResponse> watch, WatchCreateRequest request)
    {
        await watch.WriteAsync(new WatchRequest { CreateRequest = request }, TestContext.Current.CancellationToken);
        Assert.True(await watch.MoveNextAsync(TestContext.Current.CancellationToken));
        Assert.True(watch.Current.Created);
        return watch.Current;
    }

    private static async Task<IReadOnlyList<Event>> TakeEventsAsync(RpcStreamCall<WatchRequest, WatchResponse> watch, int count)
    {
        var events = new List<Event>();
        while (events.Count < count && await watch.MoveNextAsync(TestContext.Current.CancellationToken))
        {
            events.AddRange(watch.Current.Events);
        }

        return events;
    }

    private async Task<long> PutAsync(EtcdConnection connection, string name, string value)
    {
        PutResponse reply = await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Key(name), Value = ByteString.CopyFromUtf8(value) });
        return reply.Header.Revision;
    }

    private ByteString Key(string name) => ByteString.CopyFromUtf8(_prefix + name);
}
