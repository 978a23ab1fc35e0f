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
        Socket socket = endPoint switch
        {
            UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };
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
}
