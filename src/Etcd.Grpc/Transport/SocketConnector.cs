using System.Net;
using System.Net.Sockets;

namespace Etcd.Grpc.Transport;

/// <summary>Opens the byte stream below HTTP/2 or TLS.</summary>
internal static class SocketConnector
{
    /// <summary>Connects to a TCP or Unix-domain endpoint.</summary>
    /// <exception cref="SocketException">The endpoint cannot be reached.</exception>
    public static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        Socket socket = Create(endPoint);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects on the calling thread.</summary>
    /// <exception cref="SocketException">The endpoint cannot be reached, or not in time.</exception>
    public static Stream Connect(EndPoint endPoint, TimeSpan timeout)
    {
        Socket socket = Create(endPoint);
        try
        {
            // The system's time-out for sending bounds connecting, too. A watchdog timer would cost more to start than a call takes.
            socket.SendTimeout = (int)Math.Clamp(timeout.TotalMilliseconds, 1, int.MaxValue);
            socket.Connect(endPoint);
            socket.SendTimeout = 0;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Create(EndPoint endPoint) => endPoint switch
    {
        UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
    };
}
