using System.Net;
using System.Net.Sockets;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Client;

/// <summary>A TCP server that answers each connection with a script of bytes: what a broken or hostile server might send.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="script">Runs for each connection: its number from 0, and its bytes.</param>
    public ScriptedServer(Func<int, Stream, Task> script)
    {
        _listener.Start();
        _accepting = AcceptAsync(script);
    }

    public int Connections => _connections;

    public RpcAddress Address => RpcAddress.Parse($"http://{_listener.LocalEndpoint}");

    /// <summary>Reads frames until the client's HEADERS, past the preface.</summary>
    /// <returns>The stream number.</returns>
    public static async Task<int> ReadCallAsync(Stream client, bool isFirst = true)
    {
        if (isFirst)
        {
            await client.ReadExactlyAsync(new byte[24]);
        }

        while (true)
        {
            Http2FrameHeader frame = await ReadFrameAsync(client);
            if (frame.Type == Http2FrameType.Headers)
            {
                return frame.StreamId;
            }
        }
    }

    public static async Task<Http2FrameHeader> ReadFrameAsync(Stream client)
    {
        byte[] header = new byte[Http2FrameHeader.SizeBytes];
        await client.ReadExactlyAsync(header);
        Http2FrameHeader frame = Http2FrameHeader.Read(header);
        await client.ReadExactlyAsync(new byte[frame.Length]);
        return frame;
    }

    public static byte[] Frame(Http2FrameType type, Http2FrameFlags flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHeader.SizeBytes + payload.Length];
        new Http2FrameHeader(payload.Length, type, flags, stream).Write(frame);
        payload.CopyTo(frame, Http2FrameHeader.SizeBytes);
        return frame;
    }

    /// <summary>Settings as a server begins with.</summary>
    public static byte[] Settings => Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0);

    /// <summary>A reply to a unary call: headers, an empty message, status OK.</summary>
    public static byte[] Reply(int stream)
    {
        using var block = new PooledBuffer();
        byte[] head = Headers(("content-type", "application/grpc"));
        byte[] status = Headers(("grpc-status", "0"));
        return
        [
            .. Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders, stream, [0x88, .. head]),
            .. Frame(Http2FrameType.Data, Http2FrameFlags.None, stream, 0, 0, 0, 0, 0),
            .. Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, stream, status),
        ];
    }

    /// <summary>Headers as literals.</summary>
    public static byte[] Headers(params (string Name, string Value)[] headers)
    {
        using var block = new PooledBuffer();
        foreach ((string name, string value) in headers)
        {
            Etcd.Grpc.Transport.Http2.Hpack.HpackEncoder.WriteOnce(block, name, value);
        }

        return block.WrittenSpan.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<int, Stream, Task> script)
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                running.Add(RunAsync(client, script, Interlocked.Increment(ref _connections) - 1));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        await Task.WhenAll(running);
    }

    private static async Task RunAsync(TcpClient client, Func<int, Stream, Task> script, int number)
    {
        using (client)
        {
            try
            {
                await script(number, client.GetStream());
            }
            catch (IOException)
            {
                // The client went away, which many of these scripts are about.
            }
        }
    }
}
