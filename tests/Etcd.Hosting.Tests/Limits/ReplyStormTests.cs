using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests.Limits;

// Many large replies at once, on real ports, with less memory for them than they take together.
public sealed class ReplyStormTests : IAsyncLifetime
{
    private const int Keys = 40;
    private const int ValueBytes = 100_000;
    private const long MemoryBytes = 24_000_000;
    private const string Refusal = "etcdserver: not enough memory for the reply: ";

    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);
    private static readonly RpcMethod<TxnRequest, TxnResponse> Txn = new("etcdserverpb.KV", "Txn", TxnResponse.Parser);
    private static readonly RpcMethod<DeleteRangeRequest, DeleteRangeResponse> Delete = new("etcdserverpb.KV", "DeleteRange", DeleteRangeResponse.Parser);

    private static readonly RangeRequest Everything = new() { Key = ByteString.CopyFromUtf8("k"), RangeEnd = ByteString.CopyFromUtf8("l") };

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Socket> _silent = [];
    private MemberHost _host = null!;
    private RpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var peerUrl = new Uri($"http://127.0.0.1:{MemberHostTests.FreePort()}");
        var settings = new MemberSettings
        {
            DataDirectory = _directory.File("data"),
            ListenClientUrls = [new Uri("http://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl}",
            UnsafeNoSync = true,
            ReplyMemoryBytesMax = MemoryBytes,
        };
        _host = await MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);
        _channel = new RpcChannel(RpcAddress.Parse($"http://{_host.ClientEndPoints[0]}"));
        for (int key = 0; key < Keys; key++)
        {
            await CallAsync(
                Put, new PutRequest { Key = ByteString.CopyFromUtf8($"k{key:00}"), Value = ByteString.CopyFrom(new byte[ValueBytes]) });
        }
    }

    public async ValueTask DisposeAsync()
    {
        _silent.ForEach(socket => socket.Dispose());
        await _channel.DisposeAsync();
        await _host.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Storm_OfRangesAndTransactions_IsServedOrRefusedWithinTheBound()
    {
        var txn = new TxnRequest { Success = { new RequestOp { RequestRange = Everything } } };

        Task<string>[] storm =
        [
            .. Enumerable.Range(0, 50).Select(_ => OutcomeAsync(CallAsync(Range, Everything))),
            .. Enumerable.Range(0, 10).Select(_ => OutcomeAsync(CallAsync(Txn, txn))),
        ];
        long most = 0;
        while (!storm.All(call => call.IsCompleted))
        {
            most = Math.Max(most, await FigureAsync("etcd_server_reply_memory_bytes"));
            Assert.Equal(0, (await CallAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("small") })).Count);
        }

        string[] outcomes = await Task.WhenAll(storm);
        Assert.All(outcomes, outcome => Assert.True(outcome == "OK" || outcome.StartsWith(Refusal, StringComparison.Ordinal), outcome));
        Assert.Contains("OK", outcomes);
        Assert.InRange(most, 0, MemoryBytes);
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
        Assert.Equal(
            outcomes.Count(outcome => outcome != "OK"), await FigureAsync("etcd_server_limit_refusals_total{limit=\"reply_memory\"}"));
    }

    // Clients of the JSON gateway that ask for much and read nothing hold what their replies take.
    [Fact]
    public async Task Range_SilentClientsHoldTheMemory_IsRefusedAndSmallOnesAreServed()
    {
        AskForEverythingAndReadNothing();
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure >= Keys * ValueBytes);

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => CallAsync(
            Txn,
            new TxnRequest { Success = { new RequestOp { RequestRange = Everything }, new RequestOp { RequestRange = Everything } } }));
        RangeResponse small = await CallAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("k00"), KeysOnly = true });

        Assert.Equal(RpcStatusCode.ResourceExhausted, refusal.Code);
        Assert.StartsWith(Refusal, refusal.Message, StringComparison.Ordinal);
        Assert.Single(small.Kvs);
        _silent.ForEach(socket => socket.Dispose());
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
        Assert.Equal(Keys, (await CallAsync(Range, Everything)).Count);
    }

    [Fact]
    public async Task Reply_LargerThanAllMemoryForReplies_IsRefusedAtOnceWhateverAsksForIt()
    {
        var txn = new TxnRequest();
        for (int time = 0; time < 7; time++)
        {
            txn.Failure.Add(new RequestOp { RequestRange = Everything });
        }

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => CallAsync(Txn, txn));
        using var http = new HttpClient();
        using var body = new StringContent($$"""{"success":[{{string.Join(',', Enumerable.Repeat("""{"requestRange":{"key":"aw==","rangeEnd":"bA=="}}""", 3))}}]}""");
        using HttpResponseMessage gateway = await http.PostAsync(new Uri($"http://{_host.ClientEndPoints[0]}/v3/kv/txn"), body, Cancellation);

        Assert.Contains("ask for less at a time", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, gateway.StatusCode);
        Assert.Contains("\"code\":8,\"message\":\"" + Refusal, await gateway.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(2, await FigureAsync("etcd_server_limit_refusals_total{limit=\"reply_memory\"}"));
    }

    [Fact]
    public async Task Delete_ThatTellsWhatItDeletes_IsCountedAndGivenBack()
    {
        DeleteRangeResponse deleted = await CallAsync(
            Delete, new DeleteRangeRequest { Key = Everything.Key, RangeEnd = Everything.RangeEnd, PrevKv = true });

        Assert.Equal(Keys, deleted.PrevKvs.Count);
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
    }

    // A transaction awaits the log or a read index between the question for room and its reply: many at once must not all find the same room.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Storm_OfTransactionsOfFewKeys_StaysWithinTheBound(bool writes)
    {
        var txn = new TxnRequest();
        for (int key = 0; key < 16; key++)
        {
            txn.Success.Add(new RequestOp { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8($"k{key:00}") } });
        }

        if (writes)
        {
            txn.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8("written") } });
        }

        Task<string>[] storm = [.. Enumerable.Range(0, 60).Select(_ => OutcomeAsync(CallAsync(Txn, txn)))];
        long most = 0;
        while (!storm.All(call => call.IsCompleted))
        {
            most = Math.Max(most, await FigureAsync("etcd_server_reply_memory_bytes"));
        }

        string[] outcomes = await Task.WhenAll(storm);
        Assert.All(outcomes, outcome => Assert.True(outcome == "OK" || outcome.StartsWith(Refusal, StringComparison.Ordinal), outcome));
        Assert.Contains("OK", outcomes);
        Assert.InRange(most, 0, MemoryBytes);
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
    }

    [Fact]
    public async Task PutThatTellsTheValueBefore_NoRoomForTheReply_IsRefusedAndWritesNothing()
    {
        // The last key: a range is measured by its first ones.
        var put = new PutRequest { Key = ByteString.CopyFromUtf8($"k{Keys - 1:00}"), Value = ByteString.CopyFromUtf8("new"), PrevKv = true };
        int bytes = 1_500_000;
        await CallAsync(Put, new PutRequest { Key = put.Key, Value = ByteString.CopyFrom(new byte[bytes]) });

        // The gateway's reply weighs 21.6 MB; the put's, 3 MB.
        AskForEverythingAndReadNothing();
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure >= 4 * (((Keys - 1) * ValueBytes) + bytes));
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => CallAsync(Put, put));

        Assert.Equal(RpcStatusCode.ResourceExhausted, refusal.Code);
        Assert.StartsWith(Refusal, refusal.Message, StringComparison.Ordinal);
        _silent.ForEach(socket => socket.Dispose());
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
        Assert.Equal(bytes, (await CallAsync(Put, put)).PrevKv.Value.Length);
    }

    // More than the buffers of a connection take of a reply that nobody reads.
    [Fact]
    public async Task TxnOfFewKeys_ThatAreLarge_IsCountedAndGivenBack()
    {
        int bytes = 1_500_000;
        await CallAsync(Put, new PutRequest { Key = ByteString.CopyFromUtf8("k00"), Value = ByteString.CopyFrom(new byte[bytes]) });
        string range = """{"requestRange":{"key":"azAw"}}""";

        SendAndReadNothing(Encoding.ASCII.GetBytes(JsonPost("/v3/kv/txn", $$"""{"success":[{{range}},{{range}},{{range}}]}""")));

        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure >= 3 * 5 * bytes);
        _silent.ForEach(socket => socket.Dispose());
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
    }

    // The tree of the v2 API is in memory; its JSON, for everybody who lists it, is not.
    [Fact]
    public async Task V2Listing_SilentClientsHoldTheMemory_IsRefusedAndKeysAreServed()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_host.ClientEndPoints[0]}") };
        using var value = new FormUrlEncodedContent([new("value", new string('v', 200_000))]);
        for (int key = 0; key < 20; key++)
        {
            using HttpResponseMessage put = await http.PutAsync(new Uri($"/v2/keys/tree/dir{key % 2}/k{key}", UriKind.Relative), value, Cancellation);
            put.EnsureSuccessStatusCode();
        }

        SendAndReadNothing("GET /v2/keys/tree?recursive=true HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure >= 20 * 200_000);
        for (int client = 0; client < 4; client++)
        {
            SendAndReadNothing("GET /v2/keys/tree?recursive=true HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        }

        await BecomesAsync("etcd_server_limit_refusals_total{limit=\"reply_memory\"}", figure => figure > 0);
        using HttpResponseMessage refused = await http.GetAsync(new Uri("/v2/keys/tree?recursive=true", UriKind.Relative), Cancellation);
        using HttpResponseMessage served = await http.GetAsync(new Uri("/v2/keys/tree", UriKind.Relative), Cancellation);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains(Refusal, await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        _silent.ForEach(socket => socket.Dispose());
        await BecomesAsync("etcd_server_reply_memory_bytes", figure => figure == 0);
        using HttpResponseMessage all = await http.GetAsync(new Uri("/v2/keys/tree?recursive=true", UriKind.Relative), Cancellation);
        Assert.True((await all.Content.ReadAsByteArrayAsync(Cancellation)).Length > 20 * 200_000);
    }

    // "Try again" would be a lie after a write: it has happened.
    [Fact]
    public async Task V2Write_NoRoomForTheReply_IsAnswered()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_host.ClientEndPoints[0]}") };
        using var value = new FormUrlEncodedContent([new("value", new string('v', 3_500_000))]);
        var key = new Uri("/v2/keys/key", UriKind.Relative);
        using HttpResponseMessage first = await http.PutAsync(key, value, Cancellation);
        first.EnsureSuccessStatusCode();

        // Value and value before weigh 28 MB: more than all replies may take.
        using HttpResponseMessage written = await http.PutAsync(key, value, Cancellation);

        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        Assert.True((await written.Content.ReadAsByteArrayAsync(Cancellation)).Length > 7_000_000);
    }

    // Bytes that are no text become three each on their way into the log.
    [Fact]
    public async Task V2Write_FormThatGrowsBeyondTheBoundOfAnEntry_IsTooLarge()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{_host.ClientEndPoints[0]}") };
        byte[] body = new byte[4_000_000];
        body.AsSpan().Fill(0xff);
        "value="u8.CopyTo(body);
        using var form = new ByteArrayContent(body);
        form.Headers.ContentType = new("application/x-www-form-urlencoded");

        using HttpResponseMessage refused = await http.PutAsync(new Uri("/v2/keys/key", UriKind.Relative), form, Cancellation);
        using HttpResponseMessage missing = await http.GetAsync(new Uri("/v2/keys/key", UriKind.Relative), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("\"cause\":\"http: POST too large\"", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal(1, await FigureAsync("etcd_server_limit_refusals_total{limit=\"request_bytes\"}"));
    }

    private static async Task<string> OutcomeAsync<T>(Task<T> call)
    {
        try
        {
            await call;
            return "OK";
        }
        catch (RpcException refusal) when (refusal.Code == RpcStatusCode.ResourceExhausted)
        {
            return refusal.Message;
        }
    }

    private Task<TReply> CallAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        _channel.UnaryAsync(method, request, new RpcCallOptions(), Cancellation);

    private void AskForEverythingAndReadNothing()
    {
        SendAndReadNothing(Encoding.ASCII.GetBytes(JsonPost("/v3/kv/range", """{"key":"aw==","rangeEnd":"bA=="}""")));
    }

    private static string JsonPost(string path, string body) =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private void SendAndReadNothing(byte[] request)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        _silent.Add(socket);
        socket.Connect(_host.ClientEndPoints[0]);
        socket.Send(request);
    }

    private async Task BecomesAsync(string name, Predicate<long> isSo)
    {
        while (!isSo(await FigureAsync(name)))
        {
            // A figure changes without an event that could be awaited: looked at until it has.
            await Task.Delay(10, Cancellation);
        }
    }

    private async Task<long> FigureAsync(string name)
    {
        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://{_host.ClientEndPoints[0]}/metrics"), Cancellation);
        string line = text.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal));
        return (long)double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
