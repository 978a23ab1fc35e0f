using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Tests.Server;

/// <summary>What the server's own HTTP/2 answers to clients that break the protocol. Source: RFC 9113; the section stands with each case.</summary>
public sealed class Http2RulesTests
{
    private const string Say = "/test.Echo/Say";
    private const string Talk = "/test.Echo/Talk";

    private static readonly byte[] PlainHead = RawConnection.Head(Say);

    public static TheoryData<string, byte[], string> ConnectionErrors => new()
    {
        { "4.2: a frame beyond the largest", ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.None, 1, new byte[16_385]), "FrameSizeError" },
        { "5.1: DATA on an idle stream", RawConnection.Message(1), "ProtocolError" },
        { "5.1: RST_STREAM on an idle stream", Frame(Http2FrameType.RstStream, 0, 1, 0, 0, 0, 8), "ProtocolError" },
        { "5.1: WINDOW_UPDATE on an idle stream", Frame(Http2FrameType.WindowUpdate, 0, 1, 0, 0, 0, 8), "ProtocolError" },
        { "5.1.1: an even stream number", RawConnection.Open(2, Say), "ProtocolError" },
        { "5.1.1: a stream number that goes back", [.. RawConnection.Open(5, Talk), .. RawConnection.Open(3, Talk)], "StreamClosed" },
        { "6.1: DATA on stream 0", RawConnection.Message(0), "ProtocolError" },
        { "6.1: padding beyond the frame", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.Data, 8, 1, 9, 0)], "ProtocolError" },
        { "6.2: HEADERS on stream 0", RawConnection.Open(0, Say), "ProtocolError" },
        { "6.2: a block interrupted by DATA", [.. Frame(Http2FrameType.Headers, 0, 1, PlainHead), .. RawConnection.Message(1)], "ProtocolError" },
        { "6.2: a block interrupted by another stream", [.. Frame(Http2FrameType.Headers, 0, 1, PlainHead), .. RawConnection.Open(3, Say)], "ProtocolError" },
        { "6.3: PRIORITY of a wrong size", Frame(Http2FrameType.Priority, 0, 1, 0, 0), "FrameSizeError" },
        { "6.3: PRIORITY on stream 0", Frame(Http2FrameType.Priority, 0, 0, 0, 0, 0, 0, 0), "ProtocolError" },
        { "6.4: RST_STREAM of a wrong size", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.RstStream, 0, 1, 0)], "FrameSizeError" },
        { "6.4: RST_STREAM on stream 0", Frame(Http2FrameType.RstStream, 0, 0, 0, 0, 0, 8), "ProtocolError" },
        { "6.5: SETTINGS of a wrong size", Frame(Http2FrameType.Settings, 0, 0, 0, 0, 0), "FrameSizeError" },
        { "6.5: SETTINGS on a stream", Frame(Http2FrameType.Settings, 0, 1), "ProtocolError" },
        { "6.5: acknowledged SETTINGS with content", Frame(Http2FrameType.Settings, 1, 0, 0, 3, 0, 0, 0, 1), "FrameSizeError" },
        { "6.5.2: pushes neither on nor off", Frame(Http2FrameType.Settings, 0, 0, 0, 2, 0, 0, 0, 2), "ProtocolError" },
        { "6.5.2: an initial window beyond 2^31-1", Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0x80, 0, 0, 0), "FlowControlError" },
        {
            "6.5.2: an initial window beyond 2^31-1 that the same frame takes back",
            Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0x80, 0, 0, 0, 0, 4, 0, 0, 0xFF, 0xFF), "FlowControlError"
        },
        {
            "6.9.2: an initial window that opens that of a stream too far, taken back by the same frame",
            [
                .. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.WindowUpdate, 0, 1, 0, 1, 0, 0),
                .. Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF, 0, 4, 0, 0, 0xFF, 0xFF),
            ],
            "FlowControlError"
        },
        { "6.5.2: a largest frame below 2^14", Frame(Http2FrameType.Settings, 0, 0, 0, 5, 0, 0, 0x3F, 0xFF), "ProtocolError" },
        { "6.6: PUSH_PROMISE", Frame(Http2FrameType.PushPromise, 4, 1, 0, 0, 0, 2), "ProtocolError" },
        { "6.7: PING of a wrong size", Frame(Http2FrameType.Ping, 0, 0, 0, 0), "FrameSizeError" },
        { "6.7: PING on a stream", Frame(Http2FrameType.Ping, 0, 1, new byte[8]), "ProtocolError" },
        { "6.8: GOAWAY on a stream", Frame(Http2FrameType.GoAway, 0, 1, new byte[8]), "ProtocolError" },
        { "6.9: WINDOW_UPDATE of a wrong size", Frame(Http2FrameType.WindowUpdate, 0, 0, 0), "FrameSizeError" },
        { "6.9: WINDOW_UPDATE by nothing", Frame(Http2FrameType.WindowUpdate, 0, 0, 0, 0, 0, 0), "ProtocolError" },
        { "6.9.1: a window beyond 2^31-1", Frame(Http2FrameType.WindowUpdate, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF), "FlowControlError" },
        { "6.10: CONTINUATION of nothing", Frame(Http2FrameType.Continuation, 4, 1, PlainHead), "ProtocolError" },
        { "RFC 7541, 2.3.3: an index beyond the table", Frame(Http2FrameType.Headers, 4, 1, 0xFE), "CompressionError" },
        { "RFC 7541, 4.2: a table size inside a block", Frame(Http2FrameType.Headers, 4, 1, [.. PlainHead, 0x20]), "CompressionError" },
        { "RFC 7541, 5.1: a number without end", Frame(Http2FrameType.Headers, 4, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), "CompressionError" },
        { "RFC 7541, 5.2: a string cut off", Frame(Http2FrameType.Headers, 4, 1, 0x40, 0x0A, 0x61), "CompressionError" },
    };

    public static TheoryData<string, byte[], string> StreamErrors => new()
    {
        { "6.9: WINDOW_UPDATE by nothing", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.WindowUpdate, 0, 1, 0, 0, 0, 0)], "ProtocolError" },
        { "6.9.1: a window beyond 2^31-1", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.WindowUpdate, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF)], "FlowControlError" },
        { "5.1: DATA behind the end", [.. RawConnection.Open(1, Talk, ends: true), .. RawConnection.Message(1)], "StreamClosed" },
        { "8.1.1: a body shorter than announced", [.. RawConnection.Open(1, Talk, ends: false, ("content-length", "9")), .. RawConnection.Message(1)], "ProtocolError" },
        { "8.1.1: a body longer than announced", [.. RawConnection.Open(1, Talk, ends: false, ("content-length", "3")), .. RawConnection.Message(1)], "ProtocolError" },
        { "8.1: trailers with a pseudo-header", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.Headers, 5, 1, 0x83)], "ProtocolError" },
        { "8.1: trailers that do not end the stream", [.. RawConnection.Open(1, Talk), .. Frame(Http2FrameType.Headers, 4, 1, ScriptedServer.Headers(("a", "b")))], "ProtocolError" },
        { "8.2.1: an upper-case name", RawConnection.Open(1, Say, ends: false, ("X-Upper", "1")), "ProtocolError" },
        { "8.2.1: a line break in a value", RawConnection.Open(1, Say, ends: false, ("x-split", "a\r\nb: c")), "ProtocolError" },
        { "8.2.2: a header of the connection", RawConnection.Open(1, Say, ends: false, ("connection", "close")), "ProtocolError" },
        { "8.2.2: te other than trailers", RawConnection.Open(1, Say, ends: false, ("te", "gzip")), "ProtocolError" },
        { "8.3: an unknown pseudo-header", Frame(Http2FrameType.Headers, 4, 1, [.. ScriptedServer.Headers((":what", "1")), .. PlainHead]), "ProtocolError" },
        { "8.3: a pseudo-header behind the others", RawConnection.Open(1, Say, ends: false, (":scheme", "http")), "ProtocolError" },
        { "8.3.1: no method", Frame(Http2FrameType.Headers, 4, 1, [0x86, .. ScriptedServer.Headers((":path", Say))]), "ProtocolError" },
        { "8.3.1: no scheme", Frame(Http2FrameType.Headers, 4, 1, [0x83, .. ScriptedServer.Headers((":path", Say))]), "ProtocolError" },
        { "8.3.1: no path", Frame(Http2FrameType.Headers, 4, 1, [0x83, 0x86]), "ProtocolError" },
        { "8.3.1: an empty path", Frame(Http2FrameType.Headers, 4, 1, [0x83, 0x86, .. ScriptedServer.Headers((":path", ""))]), "ProtocolError" },
        { "8.3.1: two methods", Frame(Http2FrameType.Headers, 4, 1, [0x83, .. PlainHead]), "ProtocolError" },
    };

    [Theory, MemberData(nameof(ConnectionErrors))]
    public async Task Connection_RuleOfTheProtocolIsBroken_IsGivenUpWithItsCode(string rule, byte[] frames, string code)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        await client.SendAsync(frames);

        Assert.Equal((rule, code), (rule, (await client.ReadGoAwayAsync()).Code.ToString()));
    }

    [Theory, MemberData(nameof(StreamErrors))]
    public async Task Stream_RuleOfTheProtocolIsBroken_IsResetAndOthersGoOn(string rule, byte[] frames, string code)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        await client.SendAsync(frames);

        Assert.Equal((rule, code), (rule, (await client.ReadResetAsync(1)).ToString()));
        await client.SendAsync(RawConnection.Open(3, Say), RawConnection.Message(3));
        await client.ReadReplyAsync(3);
    }

    // Section 3.4.
    [Fact]
    public async Task Connection_DoesNotBeginWithSettings_IsGivenUp()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.ConnectAsync(server.EndPoint);

        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), RawConnection.Open(1, Say));

        Assert.Equal(Http2ErrorCode.ProtocolError, (await client.ReadGoAwayAsync()).Code);
    }

    // Section 8.1: a reply may be whole before its request. The object of a stream whose request ends then serves a later one, which must not be taken
    // for the earlier.
    [Fact]
    public async Task Stream_RequestEndsBehindTheReply_LaterStreamsAreNotReset()
    {
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddStreaming(
            "test.Echo", "Now", Grpc.Server.RpcMethodKind.BidiStream, (_, _, _) => Task.CompletedTask));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        for (int stream = 1; stream < 600; stream += 2)
        {
            await client.SendAsync(RawConnection.Open(stream, "/test.Echo/Now"));
            (Http2FrameHeader Head, byte[] Payload)? frame;
            do
            {
                frame = await client.ReadAsync();
                Assert.NotEqual(Http2FrameType.RstStream, frame!.Value.Head.Type);
            }
            while (!frame.Value.Head.Has(Http2FrameFlags.EndStream) || frame.Value.Head.StreamId != stream);
            await client.SendAsync(Frame(Http2FrameType.Data, 1, stream));
        }
    }

    // Section 6.9: what the server has not allowed it does not take.
    [Fact]
    public async Task Stream_MoreThanItsWindow_IsReset()
    {
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddStreaming(
            "test.Echo", "Ignore", Grpc.Server.RpcMethodKind.ClientStream, async (call, _, _) => await Task.Delay(Timeout.Infinite, call.CancellationToken)));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, "/test.Echo/Ignore"));
        byte[] data = ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.None, 1, new byte[16_384]);

        await client.SendAsync([.. Enumerable.Repeat(data, 49)]);

        Assert.Equal(Http2ErrorCode.FlowControlError, await client.ReadResetAsync(1));
    }

    // Section 6.9.2: a window may fall below zero, and nothing is sent until it is open again.
    [Fact]
    public async Task Stream_WindowOfTheClientIsClosed_ReplyWaitsForIt()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, streamWindowBytes: 0);
        await client.SendAsync(RawConnection.Open(1, Say), RawConnection.Message(1));
        (Http2FrameHeader head, _) = await client.ReadToAsync(Http2FrameType.Headers, 1);
        Assert.False(head.Has(Http2FrameFlags.EndStream));

        await client.SendAsync(Frame(Http2FrameType.WindowUpdate, 0, 1, 0, 0, 0, 3));
        Assert.Equal(3, (await client.ReadToAsync(Http2FrameType.Data, 1)).Payload.Length);
        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0, 0, 0, 10));

        Assert.Equal(2, (await client.ReadToAsync(Http2FrameType.Data, 1)).Payload.Length);
        await client.ReadReplyAsync(1);
    }

    // Section 6.5.3: values are taken in their order, so the last counts.
    [Fact]
    public async Task Settings_SeveralWindowsInOneFrame_LastCounts()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, streamWindowBytes: 0);
        await client.SendAsync(RawConnection.Open(1, Say), RawConnection.Message(1));
        await client.ReadToAsync(Http2FrameType.Headers, 1);

        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3));
        Assert.Equal(3, (await client.ReadToAsync(Http2FrameType.Data, 1)).Payload.Length);
        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0, 0, 0, 1, 0, 4, 0, 0, 0, 5));

        Assert.Equal(2, (await client.ReadToAsync(Http2FrameType.Data, 1)).Payload.Length);
        await client.ReadReplyAsync(1);
    }

    // Section 5.1: what was on its way when the server reset the stream is ignored.
    [Fact]
    public async Task Trailers_OfAStreamTheServerHasReset_AreIgnored()
    {
        await using EchoServer server = await EchoServer.StartAsync(new Grpc.Server.RpcServerOptions { StreamsPerConnectionMax = 1 });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        byte[] trailers = ScriptedServer.Headers(("x-trailer", "1"));

        await client.SendAsync(RawConnection.Open(1, Say), RawConnection.Open(3, Say), Frame(Http2FrameType.Headers, 5, 3, trailers));
        await client.SendAsync(RawConnection.Message(1));

        await client.ReadReplyAsync(1);
    }

    // The server does not remember all the streams that it has reset.
    [Fact]
    public async Task Trailers_OfAStreamTheServerHasResetLongAgo_AreIgnored()
    {
        await using EchoServer server = await EchoServer.StartAsync(new Grpc.Server.RpcServerOptions { StreamsPerConnectionMax = 1 });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Say));
        await client.SendAsync([.. Enumerable.Range(0, 300).Select(i => RawConnection.Open(3 + (i * 2), Say))]);

        await client.SendAsync(Frame(Http2FrameType.Headers, 5, 3, ScriptedServer.Headers(("x-trailer", "1"))), RawConnection.Message(1));

        await client.ReadReplyAsync(1);
    }

    // Section 5.1: the body was on its way when the server refused the head.
    [Fact]
    public async Task Data_OfAStreamWhoseHeadWasRefused_IsIgnored()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(
            RawConnection.Open(1, Say, ends: false, ("X-Upper", "1")), RawConnection.Message(1), RawConnection.Open(3, Say), RawConnection.Message(3));

        Assert.Equal(Http2ErrorCode.ProtocolError, await client.ReadResetAsync(1));
        Http2FrameHeader frame;
        do
        {
            frame = (await client.ReadAsync())!.Value.Head;
            Assert.NotEqual(Http2FrameType.RstStream, frame.Type);
        }
        while (frame.StreamId != 3 || !frame.Has(Http2FrameFlags.EndStream));
    }

    // Sections 5.1.2 and 8.7: the client may send such a call again. Kestrel does not tell.
    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task Stream_BeyondTheLimit_IsRefusedUnprocessedAndReported(bool isKestrel, int reports)
    {
        int reported = 0;
        var options = new Grpc.Server.RpcServerOptions { StreamsPerConnectionMax = 2, ReportStreamBeyondMax = () => Interlocked.Increment(ref reported) };
        await using EchoServer server = await EchoServer.StartAsync(options, isKestrel: isKestrel);
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        await client.SendAsync(RawConnection.Open(1, Talk), RawConnection.Open(3, Talk), RawConnection.Open(5, Talk), RawConnection.Open(7, Talk));

        Assert.Equal(Http2ErrorCode.RefusedStream, await client.ReadResetAsync(5));
        Assert.Equal(Http2ErrorCode.RefusedStream, await client.ReadResetAsync(7));
        Assert.Equal(reports, Volatile.Read(ref reported));
    }

    // Section 5.5, and padding, priority and fragments as clients may send them.
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Stream_FramesOfEveryShape_AreUnderstood(int cut)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        byte[] head = RawConnection.Head(Say);
        byte[] bytes =
        [
            .. Frame((Http2FrameType)0xFA, 0xFF, 0, 1, 2, 3),
            .. Frame(Http2FrameType.Headers, 0x28, 1, [4, 0, 0, 0, 0, 9, .. head[..10], 0, 0, 0, 0]),
            .. Frame(Http2FrameType.Continuation, 0, 1, head[10..20]),
            .. Frame(Http2FrameType.Continuation, 0, 1),
            .. Frame(Http2FrameType.Continuation, 4, 1, head[20..]),
            .. Frame(Http2FrameType.Data, 8, 1, [3, 0, 0, 0, 9, 9, 9]),
            .. Frame(Http2FrameType.Data, 8, 1, [2, 0, 0, 9, 9]),
            .. Frame(Http2FrameType.Headers, 5, 1, ScriptedServer.Headers(("x-trailer", "1"))),
        ];

        foreach (byte[] part in bytes.Chunk(cut))
        {
            await client.SendAsync(part);
        }

        await client.ReadReplyAsync(1);
    }

    private static byte[] Frame(Http2FrameType type, byte flags, int stream, params byte[] payload) =>
        ScriptedServer.Frame(type, (Http2FrameFlags)flags, stream, payload);
}
