using System.Net;
using System.Net.Sockets;
using System.Text;
using Etcd.Grpc.Server;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Clients that stall, flood, or never finish: the server goes on serving the others.</summary>
public abstract class HostileClientTests(bool isKestrel)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    public async Task SharedPort_ClientShowsNoProtocol_IsClosedAfterTheTimeout(string sent)
    {
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { ProtocolDetectionTimeout = TimeSpan.FromMilliseconds(100) }, isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        await client.SendAsync(Encoding.ASCII.GetBytes(sent), Cancellation);

        Assert.Equal(0, await ReceiveAsync(client));
    }

    [Fact]
    public async Task SharedPort_TooManyUndetected_DropsTheOldestAndServesTheNext()
    {
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { ProtocolDetectionTimeout = TimeSpan.FromHours(1), UndetectedConnectionsMax = 50 }, isKestrel: isKestrel);
        var stalled = new List<Socket>();
        for (int i = 0; i < 51; i++)
        {
            stalled.Add(await ConnectAsync(server.EndPoint));
        }

        Assert.Equal(0, await ReceiveAsync(stalled[0]));
        await SayAsync(server);

        stalled.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task SharedPort_ThousandsStalled_OthersAreServed()
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        var stalled = new List<Socket>();
        try
        {
            for (int i = 0; i < 3000; i++)
            {
                stalled.Add(await ConnectAsync(server.EndPoint));
            }

            await SayAsync(server);
        }
        finally
        {
            stalled.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task SharedPort_PrefaceByteByByte_IsStillDetected()
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        client.NoDelay = true;
        foreach (byte octet in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray())
        {
            await client.SendAsync(new[] { octet }, Cancellation);
        }

        await client.SendAsync(ScriptedServer.Settings, Cancellation);
        await using var stream = new NetworkStream(client);
        Assert.Equal(Http2FrameType.Settings, (await ScriptedServer.ReadFrameAsync(stream)).Type);
    }

    // CVE-2023-44487, rapid reset: open and cancel without end.
    [Theory]
    [InlineData(100)]
    [InlineData(uint.MaxValue)]
    public async Task RapidReset_TensOfThousands_OthersAreServed(uint streamsMax)
    {
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { StreamsPerConnectionMax = streamsMax }, isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        using var output = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(output, 65_535, 65_536, 65_536);
        byte[] block = [0x83, 0x86, .. ScriptedServer.Headers(
            (":path", "/test.Echo/Talk"), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers"))];
        for (int stream = 1; stream < 60_000; stream += 2)
        {
            Http2FrameWriter.WriteHeaders(output, stream, block, endStream: false, 16_384);
            Http2FrameWriter.WriteReset(output, stream, Http2ErrorCode.Cancel);
        }

        Task reading = ReadToEndAsync(client);
        try
        {
            await client.SendAsync(output.Written, Cancellation);
        }
        catch (SocketException)
        {
            // Kestrel may well have closed the connection by now.
        }

        await SayAsync(server);
        client.Dispose();
        await reading;
    }

    [Fact]
    public async Task HeaderFlood_OneEndlessBlock_EndsTheConnection()
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        using var output = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(output, 65_535, 65_536, 65_536);
        await client.SendAsync(output.Written, Cancellation);
        await client.SendAsync(ScriptedServer.Frame(Http2FrameType.Headers, Http2FrameFlags.None, 1, 0x83), Cancellation);
        byte[] more = ScriptedServer.Frame(
            Http2FrameType.Continuation, Http2FrameFlags.None, 1, ScriptedServer.Headers(("x-flood", new string('f', 8000))));
        Task reading = ReadToEndAsync(client);

        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            while (true)
            {
                await client.SendAsync(more, Cancellation);
            }
        });

        await reading;
        await SayAsync(server);
    }

    // The rule and the words are grpc-go's: ENHANCE_YOUR_CALM, "too_many_pings".
    [Fact]
    public async Task Pings_TooOften_AreAnsweredWithGoAwayAndTheEnd()
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        using var output = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(output, 65_535, 65_536, 65_536);
        for (int i = 0; i < 6; i++)
        {
            Http2FrameWriter.WritePing(output, "12345678"u8, isAck: false);
        }

        await client.SendAsync(output.Written, Cancellation);

        string received = Encoding.Latin1.GetString(await ReadAllAsync(client));
        Assert.Contains("\u0000\u0000\u0016\u0007\u0000\u0000\u0000\u0000\u0000\u007fÿÿÿ\u0000\u0000\u0000\u000btoo_many_pings", received, StringComparison.Ordinal);
        await SayAsync(server);
    }

    [Fact]
    public async Task Pings_AsOftenAsAllowed_AreAnswered()
    {
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero }, isKestrel: isKestrel);
        using Socket client = await ConnectAsync(server.EndPoint);
        using var output = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(output, 65_535, 65_536, 65_536);
        for (int i = 0; i < 50; i++)
        {
            Http2FrameWriter.WritePing(output, "12345678"u8, isAck: false);
        }

        await client.SendAsync(output.Written, Cancellation);

        await using var stream = new NetworkStream(client);
        for (int answers = 0; answers < 50;)
        {
            Http2FrameHeader frame = await ScriptedServer.ReadFrameAsync(stream);
            Assert.NotEqual(Http2FrameType.GoAway, frame.Type);
            answers += frame.Type == Http2FrameType.Ping ? 1 : 0;
        }
    }

    private static async Task SayAsync(EchoServer server)
    {
        StringValue reply = await server.Channel().UnaryAsync(
            EchoServer.Say, new StringValue { Value = "alive" },
            new RpcCallOptions { Timeout = TimeSpan.FromSeconds(30) }, Cancellation);
        Assert.Equal("alive", reply.Value);
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, Cancellation);
        return socket;
    }

    /// <summary>Bytes of the next receive; 0 when the server closed the connection, politely or not.</summary>
    private static async Task<int> ReceiveAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[100], Cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task<byte[]> ReadAllAsync(Socket socket)
    {
        using var received = new MemoryStream();
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, Cancellation)) > 0)
            {
                received.Write(buffer, 0, count);
            }
        }
        catch (SocketException)
        {
            // A reset instead of a polite end: what came before it counts.
        }

        return received.ToArray();
    }

    private static async Task ReadToEndAsync(Socket socket)
    {
        try
        {
            await ReadAllAsync(socket);
        }
        catch (ObjectDisposedException)
        {
            // The test is over with this connection.
        }
    }
}

public sealed class OwnHttp2HostileClientTests() : HostileClientTests(isKestrel: false);

public sealed class KestrelHostileClientTests() : HostileClientTests(isKestrel: true);
