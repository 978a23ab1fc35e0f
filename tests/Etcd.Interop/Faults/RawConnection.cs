using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Faults;

/// <summary>A TCP connection on which a test writes HTTP/2 byte by byte, as a broken or hostile client might.</summary>
internal sealed class RawConnection : IDisposable
{
    public const byte EndHeaders = 0x4;

    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawConnection()
    {
    }

    public static async Task<RawConnection> OpenAsync(EtcdServer server)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.ClientPort));
        return connection;
    }

    public Task SendPrefaceAsync() => SendAsync(Preface);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Sends until the server closes the connection or everything went out.</summary>
    /// <returns>Whether everything went out.</returns>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A frame with its 9-byte header.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The header block of a gRPC call.</summary>
    public static byte[] CallHeaders(string path) =>
    [
        0x83, 0x86,
        0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path),
        0x01, 9, .. "127.0.0.1"u8,
        0x0f, 0x10, 16, .. "application/grpc"u8,
        0x00, 2, .. "te"u8, 8, .. "trailers"u8,
    ];

    public void Dispose() => _socket.Dispose();
}
