using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Etcd.LoadGenerator.Wire;

/// <summary>A client connection that does as little as HTTP/2 allows: prepared header blocks out, data counted in, header
/// blocks of answers skipped. A general client costs several times more, and that cost would be taken from the
/// server on the same machine. Owned by one thread; nothing blocks.</summary>
internal sealed class Http2Connection : IDisposable
{
    private const int FrameHeaderBytes = 9;
    private const int MessagePrefixBytes = 5;
    private const int FrameBytesMax = 16_384;
    private const int WindowMax = int.MaxValue;
    private const int DefaultWindow = 65_535;
    private const int AcknowledgeBytes = 1 << 28;
    private const byte EndStream = 0x1;
    private const byte Acknowledge = 0x1;
    private const byte EndHeaders = 0x4;
    private const byte Padded = 0x8;
    private const int SettingMaxConcurrentStreams = 3;
    private const int SettingInitialWindow = 4;

    private readonly Socket _socket;
    private readonly HeaderBlocks _headers;
    private readonly Dictionary<int, CallStream> _streams = [];
    private readonly Queue<CallStream> _waiting = new();
    private byte[] _input = new byte[1 << 18];
    private int _inputBytes;
    private byte[] _output = new byte[1 << 16];
    private int _outputBytes;
    private int _nextStreamId = 1;
    private long _sendWindow = DefaultWindow;
    private long _initialStreamWindow = DefaultWindow;
    // No limit unless the server names one (RFC 9113, section 6.5.2).
    private long _streamsMax = long.MaxValue;
    private long _unacknowledgedBytes;

    public Http2Connection(IPEndPoint server, string path)
    {
        _headers = new HeaderBlocks(server.ToString(), path);
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(server);
        _socket.Blocking = false;
        WritePreface();
    }

    public int FileDescriptor => (int)_socket.Handle;

    /// <summary>Whether the server's settings have arrived, before which no request should go out.</summary>
    public bool IsReady { get; private set; }

    public bool HasOutput => _outputBytes > 0;

    /// <summary>Sends the next message of <paramref name="call"/>, opening its stream with the first one; waits in line when the
    /// server's limits do not allow it yet.</summary>
    public void Send(CallStream call)
    {
        if (_waiting.Count > 0 || !TrySend(call))
        {
            _waiting.Enqueue(call);
        }
    }

    /// <summary>Hands collected output to the system, as far as it takes it.</summary>
    public void Flush()
    {
        int sent = 0;
        while (sent < _outputBytes)
        {
            int taken = _socket.Send(_output.AsSpan(sent, _outputBytes - sent), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                break;
            }

            ThrowIfFailed(error);
            sent += taken;
        }

        _output.AsSpan(sent, _outputBytes - sent).CopyTo(_output);
        _outputBytes -= sent;
    }

    /// <summary>Takes in what has arrived and lets the calls act on it.</summary>
    public void Receive()
    {
        while (true)
        {
            if (_inputBytes == _input.Length)
            {
                Array.Resize(ref _input, _input.Length * 2);
            }

            int room = _input.Length - _inputBytes;
            int received = _socket.Receive(_input.AsSpan(_inputBytes), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                return;
            }

            ThrowIfFailed(error);
            if (received == 0)
            {
                throw new IOException("the server closed the connection");
            }

            _inputBytes += received;
            TakeFrames();
            if (received < room)
            {
                return;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static void ThrowIfFailed(SocketError error)
    {
        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }
    }

    private bool TrySend(CallStream call)
    {
        int body = MessagePrefixBytes + call.MessageBytes;
        bool isNew = call.StreamId == 0;
        if (body > _sendWindow || (isNew ? body > _initialStreamWindow || _streams.Count >= _streamsMax : body > call.SendWindow))
        {
            return false;
        }

        if (isNew)
        {
            OpenStream(call);
        }

        _sendWindow -= body;
        call.SendWindow -= body;
        WriteBody(call, body);
        return true;
    }

    private void OpenStream(CallStream call)
    {
        byte[] block = _nextStreamId == 1 ? _headers.First : _headers.Following;
        call.StreamId = _nextStreamId;
        call.SendWindow = _initialStreamWindow;
        call.UnacknowledgedBytes = 0;
        _nextStreamId += 2;
        _streams.Add(call.StreamId, call);
        WriteFrame(FrameType.Headers, EndHeaders, call.StreamId, block);
    }

    private void WriteBody(CallStream call, int body)
    {
        byte last = call.IsUnary ? EndStream : (byte)0;
        if (body <= FrameBytesMax)
        {
            Span<byte> frame = Reserve(FrameHeaderBytes + body);
            WriteFrameHeader(frame, body, FrameType.Data, last, call.StreamId);
            WriteMessage(call, frame[FrameHeaderBytes..]);
            return;
        }

        byte[] whole = new byte[body];
        WriteMessage(call, whole);
        for (int offset = 0; offset < body; offset += FrameBytesMax)
        {
            int part = Math.Min(FrameBytesMax, body - offset);
            WriteFrame(FrameType.Data, offset + part == body ? last : (byte)0, call.StreamId, whole.AsSpan(offset, part));
        }
    }

    private static void WriteMessage(CallStream call, Span<byte> destination)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)(destination.Length - MessagePrefixBytes));
        call.WriteMessage(destination[MessagePrefixBytes..]);
    }

    private void WritePreface()
    {
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.CopyTo(Reserve(24));
        Span<byte> settings = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(settings, SettingInitialWindow);
        BinaryPrimitives.WriteUInt32BigEndian(settings[2..], WindowMax);
        WriteFrame(FrameType.Settings, 0, 0, settings);
        WriteWindowUpdate(0, WindowMax - DefaultWindow);
    }

    private void WriteWindowUpdate(int streamId, long bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)bytes);
        WriteFrame(FrameType.WindowUpdate, 0, streamId, payload);
    }

    private void WriteFrame(FrameType type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = Reserve(FrameHeaderBytes + payload.Length);
        WriteFrameHeader(frame, payload.Length, type, flags, streamId);
        payload.CopyTo(frame[FrameHeaderBytes..]);
    }

    private static void WriteFrameHeader(Span<byte> frame, int payloadBytes, FrameType type, byte flags, int streamId)
    {
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payloadBytes << 8) | (byte)type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], streamId);
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_output.Length - _outputBytes < bytes)
        {
            Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputBytes + bytes));
        }

        Span<byte> reserved = _output.AsSpan(_outputBytes, bytes);
        _outputBytes += bytes;
        return reserved;
    }

    private void TakeFrames()
    {
        int offset = 0;
        while (_inputBytes - offset >= FrameHeaderBytes)
        {
            ReadOnlySpan<byte> head = _input.AsSpan(offset, FrameHeaderBytes);
            int payloadBytes = (int)(BinaryPrimitives.ReadUInt32BigEndian(head) >> 8);
            if (_inputBytes - offset - FrameHeaderBytes < payloadBytes)
            {
                break;
            }

            int streamId = BinaryPrimitives.ReadInt32BigEndian(head[5..]) & int.MaxValue;
            TakeFrame((FrameType)head[3], head[4], streamId, _input.AsSpan(offset + FrameHeaderBytes, payloadBytes));
            offset += FrameHeaderBytes + payloadBytes;
        }

        _input.AsSpan(offset, _inputBytes - offset).CopyTo(_input);
        _inputBytes -= offset;
    }

    private void TakeFrame(FrameType type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Data:
                TakeData(flags, streamId, payload);
                break;
            case FrameType.Headers when (flags & EndStream) != 0:
                EndCall(streamId, isReset: false);
                break;
            case FrameType.ResetStream:
                EndCall(streamId, isReset: true);
                break;
            case FrameType.Settings when (flags & Acknowledge) == 0:
                TakeSettings(payload);
                break;
            case FrameType.Ping when (flags & Acknowledge) == 0:
                WriteFrame(FrameType.Ping, Acknowledge, 0, payload);
                break;
            case FrameType.WindowUpdate:
                TakeWindowUpdate(streamId, BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case FrameType.GoAway:
                throw new IOException($"the server sent GOAWAY, code {BinaryPrimitives.ReadUInt32BigEndian(payload[4..])}");
            default:
                // Headers of an answer that goes on, acknowledgements, and frame types to be ignored (RFC 9113, section 4.1).
                break;
        }
    }

    private void TakeData(byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        _unacknowledgedBytes += payload.Length;
        if (_unacknowledgedBytes > AcknowledgeBytes)
        {
            WriteWindowUpdate(0, _unacknowledgedBytes);
            _unacknowledgedBytes = 0;
        }

        if (!_streams.TryGetValue(streamId, out CallStream? call))
        {
            return;
        }

        call.UnacknowledgedBytes += payload.Length;
        if (call.UnacknowledgedBytes > AcknowledgeBytes)
        {
            WriteWindowUpdate(streamId, call.UnacknowledgedBytes);
            call.UnacknowledgedBytes = 0;
        }

        call.OnData((flags & Padded) == 0 ? payload : payload[1..^payload[0]]);
        if ((flags & EndStream) != 0)
        {
            EndCall(streamId, isReset: false);
        }
    }

    private void EndCall(int streamId, bool isReset)
    {
        if (_streams.Remove(streamId, out CallStream? call))
        {
            call.StreamId = 0;
            call.OnEnd(isReset);
            SendWaiting();
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> payload)
    {
        for (; payload.Length >= 6; payload = payload[6..])
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case SettingMaxConcurrentStreams:
                    _streamsMax = value;
                    break;
                case SettingInitialWindow:
                    long change = value - _initialStreamWindow;
                    _initialStreamWindow = value;
                    foreach (CallStream call in _streams.Values)
                    {
                        call.SendWindow += change;
                    }

                    break;
                default:
                    break;
            }
        }

        IsReady = true;
        WriteFrame(FrameType.Settings, Acknowledge, 0, []);
        SendWaiting();
    }

    private void TakeWindowUpdate(int streamId, uint bytes)
    {
        if (streamId == 0)
        {
            _sendWindow += bytes;
        }
        else if (_streams.TryGetValue(streamId, out CallStream? call))
        {
            call.SendWindow += bytes;
        }

        SendWaiting();
    }

    private void SendWaiting()
    {
        while (_waiting.TryPeek(out CallStream? call) && TrySend(call))
        {
            _waiting.Dequeue();
        }
    }
}
