using System.Text;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Wire;

public sealed class HpackTests
{
    // RFC 7541, appendix C.4 (requests with Huffman coding): three blocks on one connection.
    [Fact]
    public void Decode_RequestsOfTheRfc_GivesTheirHeaders()
    {
        using var decoder = new HpackDecoder();

        Assert.Equal(
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
            Decode(decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"));
        Assert.Equal(
            [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
            Decode(decoder, "828684be5886a8eb10649cbf"));
        Assert.Equal(
            [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
            Decode(decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"));
    }

    // RFC 7541, appendix C.2.1: a literal without Huffman coding.
    [Fact]
    public void Decode_PlainLiteral_GivesTheHeader()
    {
        using var decoder = new HpackDecoder();

        Assert.Equal(["custom-key: custom-header"], Decode(decoder, "400a637573746f6d2d6b65790d637573746f6d2d686561646572"));
    }

    [Theory]
    [InlineData("80")] // index 0
    [InlineData("be")] // index 62 of an empty dynamic table
    [InlineData("40")] // cut off
    [InlineData("4005616263")] // name longer than the block
    [InlineData("ffffffffffffff7f")] // number without end
    [InlineData("3fe2ff01")] // table larger than announced
    [InlineData("4081ff00")] // Huffman padding longer than seven bits
    [InlineData("408100")] // Huffman padding of zeros
    [InlineData("4084ffffffff00")] // end-of-string code inside
    public void Decode_DamagedBlock_EndsTheConnection(string hex)
    {
        using var decoder = new HpackDecoder();

        Assert.Throws<Http2ConnectionException>(() => Decode(decoder, hex));
    }

    [Fact]
    public void Decode_RandomBlocks_EitherDecodesOrEndsTheConnection()
    {
        var random = new Random(7541);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] block = new byte[random.Next(40)];
            random.NextBytes(block);
            using var decoder = new HpackDecoder();
            try
            {
                decoder.Decode(block, new Collector());
            }
            catch (Http2ConnectionException)
            {
                // The only failure allowed.
            }
        }
    }

    [Fact]
    public void Decode_MoreEntriesThanTheTableHolds_EvictsTheOldest()
    {
        using var decoder = new HpackDecoder();
        var block = new PooledBuffer();
        var encoder = new HpackEncoder();
        for (int i = 0; i < 500; i++)
        {
            block.Clear();

            // Literal with indexing, new name: the decoder must keep room by itself.
            HpackInteger.Write(block, 0x40, 6, 0);
            Text(block, $"name-{i}");
            Text(block, $"value-{i}");
            decoder.Decode(block.WrittenSpan, new Collector());
        }

        var newest = new Collector();
        block.Clear();
        HpackEncoder.WriteStatic(block, HpackStaticTable.Count + 1);
        decoder.Decode(block.WrittenSpan, newest);
        Assert.Equal(["name-499: value-499"], newest.Headers);
        block.Clear();
        HpackEncoder.WriteStatic(block, HpackStaticTable.Count + 400);
        Assert.Throws<Http2ConnectionException>(() => decoder.Decode(block.WrittenSpan, new Collector()));
        encoder.BeginBlock(block);
    }

    [Fact]
    public void Encoder_RepeatedHeaders_ShrinkToAnIndexThatDecodes()
    {
        var encoder = new HpackEncoder();
        using var decoder = new HpackDecoder();
        int firstBytes = 0;
        for (int round = 0; round < 3; round++)
        {
            var block = new PooledBuffer();
            encoder.BeginBlock(block);
            for (int i = 0; i < 200; i++)
            {
                // More than the table holds: the later ones stay literals.
                encoder.WriteRepeated(block, HpackStaticTable.Path, ":path", Paths[i]);
            }

            var seen = new Collector();
            decoder.Decode(block.WrittenSpan, seen);
            Assert.Equal(Paths.Select(path => $":path: {path}"), seen.Headers);
            firstBytes = round == 0 ? block.Count : firstBytes;
            Assert.True(round == 0 || block.Count < firstBytes);
        }
    }

    [Fact]
    public void Encoder_ServerWantsNoTable_SaysSoAndUsesNone()
    {
        var encoder = new HpackEncoder();
        using var decoder = new HpackDecoder();
        var block = new PooledBuffer();
        encoder.WriteRepeated(block, HpackStaticTable.Path, ":path", "/a");
        decoder.Decode(block.WrittenSpan, new Collector());

        encoder.SetTableSize(0);
        block.Clear();
        encoder.BeginBlock(block);
        encoder.WriteRepeated(block, HpackStaticTable.Path, ":path", "/a");

        Assert.Equal(0x20, block.WrittenSpan[0]);
        var seen = new Collector();
        decoder.Decode(block.WrittenSpan, seen);
        Assert.Equal([":path: /a"], seen.Headers);
    }

    private static readonly string[] Paths = [.. Enumerable.Range(0, 200).Select(i => $"/etcdserverpb.KV/Method{i}")];

    private static List<string> Decode(HpackDecoder decoder, string hex)
    {
        var collector = new Collector();
        decoder.Decode(Convert.FromHexString(hex), collector);
        return collector.Headers;
    }

    private static void Text(PooledBuffer block, string text)
    {
        HpackInteger.Write(block, 0, 7, text.Length);
        Encoding.ASCII.GetBytes(text, block.GetSpan(text.Length));
        block.Advance(text.Length);
    }

    private sealed class Collector : IHeaderSink
    {
        public List<string> Headers { get; } = [];

        public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
            Headers.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");
    }
}
