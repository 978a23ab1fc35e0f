using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// KV/RangeStream of etcd 3.7, over the wire.
public sealed class RangeStreamTests : IAsyncLifetime
{
    private const int Keys = 40;
    private const int ValueBytes = 100_000;

    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeStreamResponse> RangeStream = new("etcdserverpb.KV", "RangeStream", RangeStreamResponse.Parser);

    private readonly TemporaryDirectory _directory = new();
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
        };
        _host = await MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);
        _channel = new RpcChannel(RpcAddress.Parse($"http://{_host.ClientEndPoints[0]}"));
        for (int key = 0; key < Keys; key++)
        {
            await _channel.UnaryAsync(
                Put,
                new PutRequest { Key = ByteString.CopyFromUtf8($"k{key:00}"), Value = ByteString.CopyFrom(new byte[ValueBytes]) },
                new RpcCallOptions(),
                Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _host.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    public async Task RangeStream_MoreThanOneReplyMayHold_GivesPiecesThatMergeIntoTheRange(long limit)
    {
        RangeRequest request = All();
        request.Limit = limit;
        RangeResponse whole = await _channel.UnaryAsync(
            Range, request, new RpcCallOptions { ReceiveBytesMax = int.MaxValue }, Cancellation);

        List<RangeResponse> pieces = await ReadAsync(request);
        var merged = new RangeResponse();
        pieces.ForEach(merged.MergeFrom);

        Assert.Equal(whole, merged);
        Assert.InRange(pieces.Count, 3, Keys);
        Assert.All(pieces.SkipLast(1), piece => Assert.True(piece.Header is null && piece is { Count: 0, More: false }));
        Assert.All(pieces, piece => Assert.True(piece.CalculateSize() < 2_000_000, $"{piece.CalculateSize()} bytes"));
    }

    [Fact]
    public async Task RangeStream_NothingThere_IsOnePieceWithTheHeader()
    {
        RangeResponse piece = Assert.Single(await ReadAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("nothing") }));

        Assert.Equal((0, 0L, Keys + 1L), (piece.Kvs.Count, piece.Count, piece.Header.Revision));
    }

    [Theory]
    [InlineData(true, "RangeStream does not support custom sort orders")]
    [InlineData(false, "RangeStream does not support revision filters")]
    public async Task RangeStream_WhatNeedsTheWholeRangeFirst_IsRefused(bool sorted, string expected)
    {
        RangeRequest request = All();
        request.SortOrder = sorted ? RangeRequest.Types.SortOrder.Descend : RangeRequest.Types.SortOrder.None;
        request.MinModRevision = sorted ? 0 : 3;

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(request));

        Assert.Equal((RpcStatusCode.Unimplemented, expected), (refusal.Code, refusal.Message));
    }

    private static RangeRequest All() => new() { Key = ByteString.CopyFromUtf8("k"), RangeEnd = ByteString.CopyFromUtf8("l") };

    private async Task<List<RangeResponse>> ReadAsync(RangeRequest request)
    {
        using RpcStreamCall<RangeRequest, RangeStreamResponse> stream = await _channel.StreamAsync(RangeStream, cancellationToken: Cancellation);
        await stream.WriteAsync(request, Cancellation);
        await stream.CompleteAsync(Cancellation);
        List<RangeResponse> pieces = [];
        while (await stream.MoveNextAsync(Cancellation))
        {
            pieces.Add(stream.Current.RangeResponse);
        }

        return pieces;
    }
}
