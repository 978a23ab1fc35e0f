using System.Globalization;
using System.Text;
using Etcd.Grpc;
using Etcd.Interop.Observability;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Faults;

/// <summary>Connections that stall, break off or flood cost the server little and do not keep others from being served.</summary>
public class HostileConnectionTests
{
    private const long GrowthBytesMax = 300L << 20;
    private const byte Headers = 1;
    private const byte EndStream = 1;
    private const byte Reset = 3;
    private const byte Continuation = 9;

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_TwoThousandStalledConnections_GoesOnServingInBoundedMemory(ServerKind kind)
    {
        const int EachKind = 500;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(kind, directory);
        long before = ResidentBytes(server);
        var open = new List<RawConnection>();
        for (int number = 0; number < EachKind; number++)
        {
            open.Add(await RawConnection.OpenAsync(server));
            open.Add(await OpenAsync(server, "PRI * HT"u8.ToArray()));
            open.Add(await OpenAsync(server, "GET /health HTTP/1.1\r\nHost: x\r\nX-Unfinished: "u8.ToArray()));
            open.Add(await OpenHalfCallAsync(server));
        }

        await PutAsync(server);
        long grown = ResidentBytes(server) - before;
        open.ForEach(connection => connection.Dispose());
        await PutAsync(server);

        Assert.InRange(grown, long.MinValue, GrowthBytesMax);
        Assert.False(server.HasExited);
    }

    // CVE-2023-44487.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_RapidResets_GoesOnServingInBoundedMemory(ServerKind kind)
    {
        const int Streams = 30_000;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(kind, directory);
        long before = ResidentBytes(server);
        using RawConnection connection = await RawConnection.OpenAsync(server);
        await connection.SendPrefaceAsync();
        byte[] headers = RawConnection.CallHeaders("/etcdserverpb.KV/Put");

        // The server may end such a connection at any time; going on without harm is as good.
        for (int stream = 1; stream < Streams * 2; stream += 2)
        {
            byte[] pair = [.. RawConnection.Frame(Headers, RawConnection.EndHeaders, stream, headers), .. RawConnection.Frame(Reset, 0, stream, [0, 0, 0, 8])];
            if (!await connection.TrySendAsync(pair))
            {
                break;
            }
        }

        await PutAsync(server);

        Assert.InRange(ResidentBytes(server) - before, long.MinValue, GrowthBytesMax);
    }

    // CVE-2023-45288.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_EndlessHeaders_EndsTheConnectionInBoundedMemory(ServerKind kind)
    {
        const int FramesMax = 4096;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(kind, directory);
        long before = ResidentBytes(server);
        using RawConnection connection = await RawConnection.OpenAsync(server);
        await connection.SendPrefaceAsync();
        byte[] continuation = RawConnection.Frame(Continuation, 0, 1, LongHeader());
        await connection.SendAsync(RawConnection.Frame(Headers, 0, 1, RawConnection.CallHeaders("/etcdserverpb.KV/Put")));

        bool isAllTaken = true;
        for (int frame = 0; frame < FramesMax && isAllTaken; frame++)
        {
            isAllTaken = await connection.TrySendAsync(continuation);
        }

        await PutAsync(server);

        Assert.False(isAllTaken, "64 MiB of headers for one request were taken");
        Assert.InRange(ResidentBytes(server) - before, long.MinValue, GrowthBytesMax);
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("JSON")]
    [InlineData("WebSocket")]
    public async Task Server_WatcherThatNeverReads_HoldsNobodyUpAndBoundsMemory(string protocol)
    {
        const int Puts = 600;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(ServerKind.Ours, directory);
        await using var connection = new EtcdConnection(server);
        var stalled = new List<RawConnection>();
        for (int number = 0; number < 20; number++)
        {
            stalled.Add(await OpenWatchAsync(server, protocol));
        }

        using RpcStreamCall<WatchRequest, WatchResponse> reader = await connection.StreamAsync(EtcdMethods.Watch);
        await reader.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = Key } }, TestContext.Current.CancellationToken);
        await reader.MoveNextAsync(TestContext.Current.CancellationToken);
        await WaitForWatchersAsync(server, stalled.Count + 1);
        ByteString value = UnsafeByteOperations.UnsafeWrap(new byte[100_000]);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Key, Value = value });
        long before = ResidentBytes(server);

        // 60 MB of events for each of twenty watchers that read nothing would be more than a gigabyte.
        for (int number = 1; number < Puts; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Key, Value = value });
        }

        int seen = 0;
        while (seen < Puts && await reader.MoveNextAsync(TestContext.Current.CancellationToken))
        {
            seen += reader.Current.Events.Count;
        }

        long grown = ResidentBytes(server) - before;
        stalled.ForEach(connection => connection.Dispose());
        Assert.Equal(Puts, seen);
        Assert.InRange(grown, long.MinValue, 2 * GrowthBytesMax);
    }

    // A client that asks and does not read: each answer was kept here, without end.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_WatchRequestsWhoseAnswersAreNotRead_WaitInTheClientUntilTheyAre(ServerKind kind)
    {
        const int Requests = 200_000;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(kind, directory);
        await using var connection = new EtcdConnection(server);
        using RpcStreamCall<WatchRequest, WatchResponse> watch = await connection.StreamAsync(EtcdMethods.Watch);

        // Refused for its range: the end comes before the beginning.
        var request = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(new string('z', 100)), RangeEnd = Key } };
        int asked = 0;
        Task asking = AskAsync();
        int before;
        do
        {
            before = Volatile.Read(ref asked);

            // That no further request leaves shows only over time.
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
        while (before != Volatile.Read(ref asked) || before == 0);
        Assert.InRange(before, 1, Requests - 1);
        Assert.False(asking.IsCompleted);
        await PutAsync(server);

        int refused = 0;
        while (refused < Requests && await watch.MoveNextAsync(TestContext.Current.CancellationToken))
        {
            refused += watch.Current is { Created: true, Canceled: true, WatchId: -1 } ? 1 : 0;
        }

        await asking;
        Assert.Equal(Requests, refused);

        async Task AskAsync()
        {
            await Task.Yield();
            while (asked < Requests)
            {
                await watch.WriteAsync(request, TestContext.Current.CancellationToken);
                Interlocked.Increment(ref asked);
            }
        }
    }

    // What history has for a watcher comes in notices of a megabyte and more: hundreds of them were written before the first was waited for.
    [Theory]
    [InlineData("gRPC")]
    [InlineData("JSON")]
    [InlineData("WebSocket")]
    public async Task Server_WatchersOfAllHistoryThatNeverRead_HoldNobodyUpAndBoundMemory(string protocol)
    {
        const int Puts = 600;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(ServerKind.Ours, directory);
        await using var connection = new EtcdConnection(server);
        ByteString value = UnsafeByteOperations.UnsafeWrap(new byte[100_000]);
        for (int number = 0; number < Puts; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Key, Value = value });
        }

        long before = ResidentBytes(server);
        var stalled = new List<RawConnection>();
        for (int number = 0; number < 20; number++)
        {
            stalled.Add(await OpenWatchAsync(server, protocol, startRevision: 1));
        }

        await WaitForWatchersAsync(server, stalled.Count);
        using RpcStreamCall<WatchRequest, WatchResponse> reader = await connection.StreamAsync(EtcdMethods.Watch);
        await reader.WriteAsync(
            new WatchRequest { CreateRequest = new WatchCreateRequest { Key = Key, StartRevision = 1 } }, TestContext.Current.CancellationToken);
        int seen = 0;
        while (seen < Puts && await reader.MoveNextAsync(TestContext.Current.CancellationToken))
        {
            seen += reader.Current.Events.Count;
        }

        long grown = await GrownWhenNoMoreIsWrittenAsync(server) - before;
        stalled.ForEach(connection => connection.Dispose());
        Assert.Equal(Puts, seen);
        Assert.InRange(grown, long.MinValue, 2 * GrowthBytesMax);
    }

    // Real etcd makes each of the replies: a gigabyte in all.
    [Fact]
    public async Task Server_FiftyLargeRangesThatNobodyReads_GoesOnServingInBoundedMemory()
    {
        const int Keys = 200;
        const int Storm = 50;
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = directory.File("data"), Flags = ["--max-reply-memory-bytes=67108864", "--unsafe-no-fsync"] },
            TestContext.Current.CancellationToken);
        await using var connection = new EtcdConnection(server);
        ByteString value = UnsafeByteOperations.UnsafeWrap(new byte[100_000]);
        for (int number = 0; number < Keys; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = ByteString.CopyFromUtf8($"large{number}"), Value = value });
        }

        var everything = new RangeRequest { Key = ByteString.CopyFromUtf8("large"), RangeEnd = ByteString.CopyFromUtf8("largf") };
        long before = ResidentBytes(server);
        var silent = new List<RawConnection>();
        for (int number = 0; number < Storm; number++)
        {
            silent.Add(await OpenRangeAsync(server, everything));
        }

        RpcException refusal = await RefusalAsync(() => connection.CallAsync(EtcdMethods.Range, everything));
        long grown = ResidentBytes(server) - before;
        await PutAsync(server);
        silent.ForEach(connection => connection.Dispose());

        Assert.Equal(RpcStatusCode.ResourceExhausted, refusal.Code);
        Assert.StartsWith("etcdserver: not enough memory for the reply: ", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(grown, long.MinValue, GrowthBytesMax);
    }

    // The server takes in what was sent to it in its own time.
    private static async Task<RpcException> RefusalAsync(Func<Task> call)
    {
        while (true)
        {
            try
            {
                await call();
            }
            catch (RpcException refusal)
            {
                return refusal;
            }
        }
    }

    private static readonly ByteString Key = ByteString.CopyFromUtf8("still-served");

    private static Task<EtcdServer> StartAsync(ServerKind kind, TemporaryDirectory directory) =>
        EtcdServer.StartAsync(new EtcdServerOptions { Kind = kind, DataDirectory = directory.File("data") }, TestContext.Current.CancellationToken);

    private static async Task<RawConnection> OpenAsync(EtcdServer server, byte[] first)
    {
        RawConnection connection = await RawConnection.OpenAsync(server);
        await connection.SendAsync(first);
        return connection;
    }

    // A call that announces a message and never sends the rest.
    private static async Task<RawConnection> OpenHalfCallAsync(EtcdServer server)
    {
        RawConnection connection = await RawConnection.OpenAsync(server);
        await connection.SendPrefaceAsync();
        await connection.SendAsync(RawConnection.Frame(Headers, RawConnection.EndHeaders, 1, RawConnection.CallHeaders("/etcdserverpb.KV/Put")));
        await connection.SendAsync(RawConnection.Frame(0, 0, 1, [0, 0, 1, 0, 0, 0x0a]));
        return connection;
    }

    private static async Task<RawConnection> OpenWatchAsync(EtcdServer server, string protocol, long startRevision = 0)
    {
        RawConnection connection = await RawConnection.OpenAsync(server);
        byte[] json = Encoding.ASCII.GetBytes($$$"""{"create_request":{"key":"{{{Key.ToBase64()}}}","start_revision":"{{{startRevision}}}"}}""");
        switch (protocol)
        {
            case "gRPC":
                byte[] request = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = Key, StartRevision = startRevision } }.ToByteArray();
                await connection.SendPrefaceAsync();
                await connection.SendAsync(
                    RawConnection.Frame(Headers, RawConnection.EndHeaders, 1, RawConnection.CallHeaders("/etcdserverpb.Watch/Watch")));
                await connection.SendAsync(RawConnection.Frame(0, 0, 1, RawGrpc.Frame(request)));
                break;

            case "JSON":
                await connection.SendAsync(Encoding.ASCII.GetBytes($"POST /v3/watch HTTP/1.1\r\nHost: x\r\nContent-Length: {json.Length}\r\n\r\n"));
                await connection.SendAsync(json);
                break;

            default:
                await connection.SendAsync(Encoding.ASCII.GetBytes(
                    "GET /v3/watch HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"));

                // A whole text message, masked with zeros.
                await connection.SendAsync((byte[])[0x81, (byte)(0x80 | json.Length), 0, 0, 0, 0, .. json]);
                break;
        }

        return connection;
    }

    private static async Task<RawConnection> OpenRangeAsync(EtcdServer server, RangeRequest request)
    {
        RawConnection connection = await RawConnection.OpenAsync(server);
        await connection.SendPrefaceAsync();
        await connection.SendAsync(RawConnection.Frame(Headers, RawConnection.EndHeaders, 1, RawConnection.CallHeaders("/etcdserverpb.KV/Range")));
        await connection.SendAsync(RawConnection.Frame(0, EndStream, 1, RawGrpc.Frame(request.ToByteArray())));
        return connection;
    }

    private static async Task WaitForWatchersAsync(EtcdServer server, int count)
    {
        while ((await MetricsPage.ReadAsync(server.Endpoint)).Sum("etcd_debugging_mvcc_watcher_total") < count)
        {
            // There is no event to await: looked at until it is so.
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    // One literal header of 16,000 bytes, in a frame of its own.
    private static byte[] LongHeader()
    {
        byte[] value = new byte[16_000];
        value.AsSpan().Fill((byte)'x');

        // Length 16,000 = 127 + 15,873, in HPACK's prefix form with 7 bits.
        return [0x00, 1, (byte)'y', 0x7f, 0x81, 0x7c, .. value];
    }

    private static async Task PutAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Key, Value = ByteString.CopyFromUtf8("value") });
    }

    private static async Task<long> GrownWhenNoMoreIsWrittenAsync(EtcdServer server)
    {
        long before;
        long now = ResidentBytes(server);
        do
        {
            before = now;

            // That no more is written shows only over time.
            await Task.Delay(500, TestContext.Current.CancellationToken);
            now = ResidentBytes(server);
        }
        while (now > before + (8 << 20));
        return now;
    }

    private static long ResidentBytes(EtcdServer server)
    {
        string line = File.ReadLines($"/proc/{server.ProcessId}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(6, line.Length - 9), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
