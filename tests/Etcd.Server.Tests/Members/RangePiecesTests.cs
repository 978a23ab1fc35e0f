using System.Buffers;

using Etcd.Auth;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Operations;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

// etcd 3.7: the pieces of a RangeStream, merged, are what one Range would have answered, all as of one revision.
public sealed class RangePiecesTests
{
    private const int Keys = 300;
    private const int PieceBytes = 2000;
    private const int LargestRecordBytes = 1100;

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(10, false)]
    [InlineData(137, false)]
    [InlineData(300, false)]
    [InlineData(0, true)]
    public async Task NextAsync_ToTheEnd_GivesWhatOneRangeGives(long limit, bool keysOnly)
    {
        await using TestMember member = await WithKeysAsync();
        var request = new RangeRequest { Key = Text("k"), RangeEnd = Text("l"), Limit = limit, KeysOnly = keysOnly };
        RangeResponse whole = await ReadWholeAsync(member, request);

        var pieces = new RangePieces(member.Server.KeyValues, request, Caller.Anonymous, PieceBytes);
        List<RangeResponse> read = await ReadAsync(pieces);

        Assert.Equal(whole.Kvs, read.SelectMany(piece => piece.Kvs));
        Assert.Equal((whole.Count, whole.More, whole.Header.Revision), (pieces.Count, pieces.More, pieces.HeaderRevision));
        Assert.True(limit is > 0 and <= 10 || read.Count > 3, $"{read.Count} pieces");
        Assert.True(read.Count < Keys, $"{read.Count} pieces");
    }

    [Fact]
    public async Task NextAsync_KeysChangeMeanwhile_StaysAtTheRevisionOfTheFirstPiece()
    {
        await using TestMember member = await WithKeysAsync();
        var request = new RangeRequest { Key = Text("k"), RangeEnd = Text("l") };
        RangeResponse whole = await ReadWholeAsync(member, request);
        var pieces = new RangePieces(member.Server.KeyValues, request, Caller.Anonymous, PieceBytes);
        RangeResponse first = await ReadOneAsync(pieces);

        await member.PutAsync("k299", "changed");
        await member.Server.KeyValues.DeleteRangeAsync(new DeleteRangeRequest { Key = Text("k2"), RangeEnd = Text("k29") });
        List<RangeResponse> rest = await ReadAsync(pieces);

        Assert.Equal(whole.Kvs, first.Kvs.Concat(rest.SelectMany(piece => piece.Kvs)));
    }

    [Fact]
    public async Task NextAsync_RevisionIsCompactedMeanwhile_SaysSo()
    {
        await using TestMember member = await WithKeysAsync();
        var pieces = new RangePieces(
            member.Server.KeyValues, new RangeRequest { Key = Text("k"), RangeEnd = Text("l") }, Caller.Anonymous, PieceBytes);
        await ReadOneAsync(pieces);

        await member.PutAsync("k1", "2");
        await member.PutAsync("k1", "3");
        await member.Server.KeyValues.CompactAsync(new CompactionRequest { Revision = Keys + 3 }, CancellationToken.None);
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => ReadAsync(pieces));

        Assert.Equal(EtcdErrorCode.Compacted, refusal.Code);
    }

    [Fact]
    public async Task NextAsync_OnlyTheCount_IsOnePieceWithoutKeys()
    {
        await using TestMember member = await WithKeysAsync();
        var request = new RangeRequest { Key = Text("k"), RangeEnd = Text("l"), CountOnly = true };

        var pieces = new RangePieces(member.Server.KeyValues, request, Caller.Anonymous, PieceBytes);
        List<RangeResponse> read = await ReadAsync(pieces);

        Assert.Empty(Assert.Single(read).Kvs);
        Assert.Equal(Keys, pieces.Count);
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private static async Task<TestMember> WithKeysAsync()
    {
        TestMember member = await TestMember.StartAsync(new SimulatedFileSystem());
        for (int key = 0; key < Keys; key++)
        {
            // Values grow all at once: what fitted before does not fit any more.
            await member.PutAsync($"k{key:000}", new string('v', key < 200 ? key % 50 : 1000));
        }

        return member;
    }

    private static async Task<RangeResponse> ReadWholeAsync(TestMember member, RangeRequest request)
    {
        if (!member.Server.KeyValues.TryRange(request, out RangeReply? reply))
        {
            reply = await member.Server.KeyValues.ConfirmedRangeAsync(request, CancellationToken.None);
        }

        using (reply)
        {
            return reply.ToMessage();
        }
    }

    private static async Task<List<RangeResponse>> ReadAsync(RangePieces pieces)
    {
        List<RangeResponse> read = [];
        while (!pieces.IsDone)
        {
            read.Add(await ReadOneAsync(pieces));
        }

        return read;
    }

    private static async Task<RangeResponse> ReadOneAsync(RangePieces pieces)
    {
        var encoded = new ArrayBufferWriter<byte>();
        using RangeReply reply = await pieces.NextAsync(CancellationToken.None);
        int keys = reply.WriteKeyValuesTo(encoded, PieceBytes);
        pieces.Wrote(reply, keys, encoded.WrittenCount);
        Assert.True(encoded.WrittenCount < PieceBytes + LargestRecordBytes, $"{encoded.WrittenCount} bytes");
        return RangeResponse.Parser.ParseFrom(encoded.WrittenSpan);
    }
}
