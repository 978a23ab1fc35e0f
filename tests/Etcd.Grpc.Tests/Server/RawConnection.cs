using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Server;

/// <summary>A client that says what the test wants it to, frame by frame.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects, and begins as the protocol asks.</summary>
    public static async Task<RawConnection> OpenAsync(
        EndPoint server, int streamWindowBytes = 65_535, int connectionWindowBytes = 65_536, int? receiveBufferBytes = null)
    {
        RawConnection connection = await ConnectAsync(server, receiveBufferBytes);
        using var start = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(start, streamWindowBytes, connectionWindowBytes, 65_536);
        await connection.SendAsync(start.Written.ToArray());
        return connection;
    }

    /// <summary>Connects and sends nothing.</summary>
    public static async Task<RawConnection> ConnectAsync(EndPoint server, int? receiveBufferBytes = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(server, Cancellation);
        return new RawConnection(socket);
    }

    /// <summary>The head of a call, with further headers.</summary>
    public static byte[] Head(string path, params (string Name, string Value)[] more) =>
        [0x83, 0x86, .. ScriptedServer.Headers([(":path", path), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers"), .. more])];

    /// <summary>A HEADERS frame that opens a call.</summary>
    public static byte[] Open(int stream, string path, bool ends = false, params (string Name, string Value)[] more) => ScriptedServer.Frame(
        Http2FrameType.Headers, Http2FrameFlags.EndHeaders | (ends ? Http2FrameFlags.EndStream : Http2FrameFlags.None), stream, Head(path, more));

    /// <summary>A DATA frame with one empty message.</summary>
    public static byte[] Message(int stream, bool ends = true) => ScriptedServer.Frame(
        Http2FrameType.Data, ends ? Http2FrameFlags.EndStream : Http2FrameFlags.None, stream, 0, 0, 0, 0, 0);

    public async Task SendAsync(params byte[][] frames) => await _stream.WriteAsync(frames.SelectMany(frame => frame).ToArray(), Cancellation);

    /// <summary>Sends the same bytes until the server ends the connection.</summary>
    public Task SendUntilClosedAsync(byte[] bytes) => SendUntilClosedAsync(() => [bytes]);

    /// <summary>Sends frames until the server ends the connection.</summary>
    public async Task SendUntilClosedAsync(Func<byte[][]> next)
    {
        try
        {
            while (true)
            {
                await SendAsync(next());
            }
        }
        catch (IOException)
        {
            // The server has ended it, which is what the test is about.
        }
    }

    /// <summary>Reads a frame with its payload; <see langword="null"/> at the end of the connection.</summary>
    public async Task<(Http2FrameHeader Head, byte[] Payload)?> ReadAsync()
    {
        try
        {
            byte[] header = new byte[Http2FrameHeader.SizeBytes];
            await _stream.ReadExactlyAsync(header, Cancellation);
            Http2FrameHeader frame = Http2FrameHeader.Read(header);
            byte[] payload = new byte[frame.Length];
            await _stream.ReadExactlyAsync(payload, Cancellation);
            return (frame, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on to the first frame of a kind.</summary>
    public async Task<(Http2FrameHeader Head, byte[] Payload)> ReadToAsync(Http2FrameType type, int? stream = null)
    {
        while (true)
        {
            (Http2FrameHeader Head, byte[] Payload) frame = await ReadAsync() ?? throw new IOException($"the connection ended before {type} came");
            if (frame.Head.Type == type && (stream is null || frame.Head.StreamId == stream))
            {
                return frame;
            }
        }
    }

    /// <summary>Reads on to GOAWAY, and to the end behind it.</summary>
    /// <returns>Its code and its text.</returns>
    public async Task<(Http2ErrorCode Code, string Text)> ReadGoAwayAsync()
    {
        (_, byte[] payload) = await ReadToAsync(Http2FrameType.GoAway);
        while (await ReadAsync() is not null)
        {
        }

        return ((Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4)), Encoding.ASCII.GetString(payload.AsSpan(8)));
    }

    /// <summary>Reads on to the reset of a stream.</summary>
    public async Task<Http2ErrorCode> ReadResetAsync(int stream)
    {
        (_, byte[] payload) = await ReadToAsync(Http2FrameType.RstStream, stream);
        return (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload);
    }

    /// <summary>Reads on to the end of a stream's reply.</summary>
    public async Task ReadReplyAsync(int stream)
    {
        while (!(await ReadToAsync(Http2FrameType.Headers, stream)).Head.Has(Http2FrameFlags.EndStream))
        {
        }
    }

    public void Dispose() => _stream.Dispose();
}
