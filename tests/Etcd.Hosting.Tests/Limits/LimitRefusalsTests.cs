using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests.Limits;

// What the flags limit, refused on real ports: each refusal is to be seen in the metrics.
public sealed class LimitRefusalsTests : IAsyncLifetime
{
    private const int OperationsMax = 2;
    private const int StreamsMax = 2;
    private const byte HeadersFrame = 1;
    private const byte ResetFrame = 3;
    private const byte SettingsFrame = 4;
    private const byte EndHeaders = 4;
    private const uint RefusedStream = 7;

    private static readonly RpcMethod<TxnRequest, TxnResponse> Txn = new("etcdserverpb.KV", "Txn", TxnResponse.Parser);
    private static readonly RpcMethod<MemberAddRequest, MemberAddResponse> AddMember = new("etcdserverpb.Cluster", "MemberAdd", MemberAddResponse.Parser);

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();
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
            TxnOperationsMax = OperationsMax,
            LearnersMax = 1,
            ConcurrentStreamsMax = StreamsMax,
        };
        _host = await MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);
        _channel = new RpcChannel(RpcAddress.Parse($"http://{_host.ClientEndPoints[0]}"));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _channel.DisposeAsync();
        await _host.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Txn_TooManyOperations_IsCounted()
    {
        Task<TxnResponse> WithAsync(int operations) => CallAsync(Txn, new TxnRequest { Success = { Enumerable.Range(0, operations).Select(Put) } });
        await WithAsync(OperationsMax);
        Assert.Equal(0, await RefusalsAsync("txn_operations"));

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => WithAsync(OperationsMax + 1));

        Assert.Equal("etcdserver: too many operations in txn request", refusal.Message);
        Assert.Equal(1, await RefusalsAsync("txn_operations"));
    }

    [Fact]
    public async Task MemberAdd_TooManyLearners_IsCounted()
    {
        await CallAsync(AddMember, Learner());
        Assert.Equal(0, await RefusalsAsync("learners"));

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => CallAsync(AddMember, Learner()));

        Assert.Equal("etcdserver: too many learner members in cluster", refusal.Message);
        Assert.Equal(1, await RefusalsAsync("learners"));
    }

    // A client that asks before it has read how much it may ask at a time, as it may.
    [Fact]
    public async Task Streams_MoreThanAConnectionMayHave_AreRefusedAndCounted()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_host.ClientEndPoints[0], Cancellation);
        await using var stream = new NetworkStream(socket);
        byte[] start = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(SettingsFrame, flags: 0, stream: 0, [])];

        await stream.WriteAsync(start.Concat(Watch(1)).Concat(Watch(3)).Concat(Watch(5)).Concat(Watch(7)).ToArray(), Cancellation);

        Assert.Equal((5, RefusedStream), await ReadResetAsync(stream));
        Assert.Equal((7, RefusedStream), await ReadResetAsync(stream));
        Assert.Equal(2, await RefusalsAsync("concurrent_streams"));
    }

    private static RequestOp Put(int key) => new() { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8($"{key}") } };

    private static MemberAddRequest Learner() =>
        new() { PeerURLs = { $"http://127.0.0.1:{MemberHostTests.FreePort()}" }, IsLearner = true };

    // The head of a watch, with its fields as they are, on top of HPACK's static table: POST, http, :path, :authority, content-type.
    private static byte[] Watch(int stream) => Frame(
        HeadersFrame,
        EndHeaders,
        stream,
        [
            0x83, 0x86, 0x04, .. Text("/etcdserverpb.Watch/Watch"), 0x01, .. Text("localhost"), 0x0F, 0x10, .. Text("application/grpc"),
            0x00, .. Text("te"), .. Text("trailers"),
        ]);

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, (byte)stream, .. payload];

    private static async Task<(int Stream, uint Code)> ReadResetAsync(NetworkStream stream)
    {
        byte[] head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head, Cancellation);
            byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, Cancellation);
            if (head[3] == ResetFrame)
            {
                return (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), BinaryPrimitives.ReadUInt32BigEndian(payload));
            }
        }
    }

    private Task<TReply> CallAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        _channel.UnaryAsync(method, request, new RpcCallOptions(), Cancellation);

    private async Task<long> RefusalsAsync(string limit)
    {
        string text = await _http.GetStringAsync(new Uri($"http://{_host.ClientEndPoints[0]}/metrics"), Cancellation);
        string name = $"etcd_server_limit_refusals_total{{limit=\"{limit}\"}} ";
        string line = text.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }
}
