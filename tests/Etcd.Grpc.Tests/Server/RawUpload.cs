using System.Buffers.Binary;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Sends long requests on a connection as the server's windows allow, and keeps what comes meanwhile.</summary>
internal sealed class RawUpload(RawConnection client)
{
    private const int FrameBytes = 16_384;

    private readonly Dictionary<int, long> _streamRoom = [];
    private long _room = Http2Settings.DefaultWindowBytes;

    /// <summary>What ended streams, in the order it came: the end of the reply, or the code of a reset.</summary>
    public List<(int Stream, Http2ErrorCode? Reset)> Ends { get; } = [];

    /// <summary>Beginning of a message of so many bytes.</summary>
    public static byte[] Prefix(int messageBytes)
    {
        byte[] prefix = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), messageBytes);
        return prefix;
    }

    /// <summary>Sends a part of a stream's request; it stops when the server resets the stream.</summary>
    public async Task SendAsync(int stream, byte[] part, bool ends = false)
    {
        for (int sent = 0; sent < part.Length;)
        {
            int count = Math.Min(FrameBytes, part.Length - sent);
            while (Room(stream) < count || _room < count)
            {
                await ReadAsync();
                if (Ends.Any(end => end.Stream == stream && end.Reset is not null))
                {
                    return;
                }
            }

            await SendUncheckedAsync(stream, part[sent..(sent + count)], ends && sent + count == part.Length);
            sent += count;
        }
    }

    /// <summary>Sends a frame whatever the stream's window is, as one that was on its way when the stream was reset.</summary>
    public async Task SendUncheckedAsync(int stream, byte[] data, bool ends = false)
    {
        while (_room < data.Length)
        {
            await ReadAsync();
        }

        _room -= data.Length;
        _streamRoom[stream] = Room(stream) - data.Length;
        await client.SendAsync(ScriptedServer.Frame(Http2FrameType.Data, ends ? Http2FrameFlags.EndStream : Http2FrameFlags.None, stream, data));
    }

    /// <summary>Reads until so many ends have come.</summary>
    public async Task ReadEndsAsync(int count)
    {
        while (Ends.Count < count)
        {
            await ReadAsync();
        }
    }

    /// <summary>Reads on to the first frame of a kind on a stream.</summary>
    public async Task ReadToAsync(Http2FrameType type, int stream)
    {
        Http2FrameHeader frame;
        do
        {
            frame = await ReadAsync();
        }
        while (frame.Type != type || frame.StreamId != stream);
    }

    /// <summary>Reads until the server has given the whole window of the connection back.</summary>
    public async Task ReadWholeWindowAsync()
    {
        while (_room < ServerLimits.ConnectionWindowBytes)
        {
            await ReadAsync();
        }
    }

    private long Room(int stream) => _streamRoom.GetValueOrDefault(stream, ServerLimits.StreamWindowBytes);

    private async Task<Http2FrameHeader> ReadAsync()
    {
        (Http2FrameHeader head, byte[] payload) = await client.ReadAsync() ?? throw new IOException("the server has ended the connection");
        switch (head.Type)
        {
            case Http2FrameType.WindowUpdate when head.StreamId == 0:
                _room += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Http2FrameType.WindowUpdate:
                _streamRoom[head.StreamId] = Room(head.StreamId) + BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Http2FrameType.RstStream:
                Ends.Add((head.StreamId, (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload)));
                break;
            case Http2FrameType.Headers when head.Has(Http2FrameFlags.EndStream):
                Ends.Add((head.StreamId, null));
                break;
            default:
                // Settings, heads and bodies are not what these tests are about.
                break;
        }

        return head;
    }
}
