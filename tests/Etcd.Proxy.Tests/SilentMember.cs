using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Etcd.Proxy.Tests;

/// <summary>A member that takes a call and never answers it, not even a ping.</summary>
internal sealed class SilentMember : IDisposable
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte HeadersFrame = 1;

    // An empty SETTINGS frame: what every HTTP/2 server begins with.
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal SilentMember()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    /// <summary>Where clients find it.</summary>
    internal string Endpoint => $"http://{_listener.LocalEndPoint}";

    /// <summary>Waits for a connection and the first call on it.</summary>
    /// <returns>The connection.</returns>
    internal async Task<Socket> TakeCallAsync(CancellationToken cancellationToken)
    {
        Socket connection = await _listener.AcceptAsync(cancellationToken);
        await connection.SendAsync(Settings, cancellationToken);
        byte[] received = new byte[16 * 1024];
        for (int count = 0; !HasCall(received.AsSpan(0, count));)
        {
            int more = await connection.ReceiveAsync(received.AsMemory(count), cancellationToken);
            count += more > 0 ? more : throw new EndOfStreamException("the client has gone before it called");
        }

        return connection;
    }

    public void Dispose() => _listener.Dispose();

    private static bool HasCall(ReadOnlySpan<byte> received)
    {
        for (int at = PrefaceBytes; at + FrameHeaderBytes <= received.Length;)
        {
            if (received[at + 3] == HeadersFrame)
            {
                return true;
            }

            at += FrameHeaderBytes + (int)(BinaryPrimitives.ReadUInt32BigEndian(received[at..]) >> 8);
        }

        return false;
    }
}
