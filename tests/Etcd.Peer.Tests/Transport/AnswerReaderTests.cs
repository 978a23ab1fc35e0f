using System.Net;
using System.Text;

using Etcd.Peer.Http;

namespace Etcd.Peer.Tests.Transport;

/// <summary>Answers to requests for streams, as real servers send them and as none should.</summary>
public class AnswerReaderTests
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nX-Server-Version: 3.5.30\r\nTransfer-Encoding: chunked\r\n\r\n";

    // RFC 9112, section 7.1
    [Theory]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("3\r\nhel\r\n2;name=\"value\"\r\nlo\r\n000\r\nTrailer: 1\r\n\r\nnot ours", "hello")]
    [InlineData("A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij")]
    public void Read_Chunks_GivesWhatTheyHold(string body, string expected)
    {
        foreach (int step in new[] { 1, 2, 7, 4096 })
        {
            AnswerReader answer = Open(Chunked + body, step, out AnswerHead head);

            Assert.Equal(HttpStatusCode.OK, head.Status);
            Assert.Equal("3.5.30", head["x-server-VERSION"]);
            Assert.Equal(expected, answer.ReadText(1024));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 410 Gone\r\nContent-Length: 15\r\n\r\nremoved member\nand more", "removed member")]
    [InlineData("HTTP/1.1 412\r\ncontent-length:0\r\n\r\n", "")]
    [InlineData("HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\nnobody\n", "nobody")]
    public void Read_OtherBodies_EndWhereTheirHeadSays(string text, string expected)
    {
        AnswerReader answer = Open(text, 3, out _);

        Assert.Equal(expected, answer.ReadText(1024));
        Assert.Equal(0, answer.Read(new byte[8]));
    }

    [Fact]
    public void Read_LargeChunk_ArrivesWholeWhateverThePieces()
    {
        byte[] payload = new byte[200_000];
        new Random(7).NextBytes(payload);
        byte[] bytes = [.. Encoding.ASCII.GetBytes($"{Chunked}{payload.Length:x}\r\n"), .. payload, .. "\r\n0\r\n\r\n"u8];
        var answer = new AnswerReader(new Dribble(bytes, 10_007));
        answer.ReadHead();

        var read = new MemoryStream();
        var piece = new byte[64 * 1024];
        while (answer.Read(piece) is > 0 and int count)
        {
            read.Write(piece, 0, count);
        }

        Assert.Equal(payload, read.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("HTTP/2 200\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nName : 1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nUnfinished: 1\r\n")]
    public void ReadHead_WhatIsNone_IsRefused(string text) => Assert.ThrowsAny<IOException>(() => Open(text, 5, out _));

    [Theory]
    [InlineData("g\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("\r\n")]
    [InlineData("100000000\r\n")] // more digits than a size may have
    [InlineData("1\nx\r\n")]
    [InlineData("1\r\nxy\r\n")]
    [InlineData("5\r\nhel")]
    [InlineData("1\r\nx\r\n")] // the end is missing
    public void Read_WhatIsNoChunk_IsRefused(string body)
    {
        AnswerReader answer = Open(Chunked + body, 4096, out _);

        Assert.ThrowsAny<IOException>(() => answer.ReadText(1024));
    }

    // A server that never ends a line, a head, the size of a chunk or its trailer costs no more than the bound.
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: ", "a")]
    [InlineData("HTTP/1.1 200 OK\r\n", "A: b\r\n")]
    [InlineData(Chunked + "1", ";")]
    [InlineData(Chunked + "0\r\n", "A: b\r\n")]
    public void Read_ServerThatNeverEnds_IsGivenUpAtTheBound(string beginning, string rest)
    {
        var server = new Endless(Encoding.ASCII.GetBytes(beginning), Encoding.ASCII.GetBytes(rest));
        var answer = new AnswerReader(server);

        Assert.ThrowsAny<IOException>(() =>
        {
            answer.ReadHead();
            answer.Read(new byte[16]);
        });
        Assert.InRange(server.BytesGiven, 1, 3 * AnswerReader.HeadBytesMax);
    }

    [Fact]
    public void ReadText_LongerThanAllowed_IsRefused() =>
        Assert.Throws<IOException>(() => Open("HTTP/1.1 500 Oops\r\n\r\n" + new string('x', 2000), 100, out _).ReadText(1000));

    private static AnswerReader Open(string text, int step, out AnswerHead head)
    {
        var reader = new AnswerReader(new Dribble(Encoding.Latin1.GetBytes(text), step));
        head = reader.ReadHead();
        return reader;
    }

    /// <summary>A connection that gives a few bytes at a time.</summary>
    private sealed class Dribble(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(step, buffer.Length)]);
    }

    /// <summary>A connection that repeats itself for ever.</summary>
    private sealed class Endless(byte[] beginning, byte[] rest) : MemoryStream
    {
        public int BytesGiven { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            for (int i = 0; i < buffer.Length; i++, BytesGiven++)
            {
                buffer[i] = BytesGiven < beginning.Length ? beginning[BytesGiven] : rest[(BytesGiven - beginning.Length) % rest.Length];
            }

            return buffer.Length;
        }
    }
}
