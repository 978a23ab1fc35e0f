using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Etcd.Grpc.Server.Ports;

/// <summary>Says why an address cannot be listened on in the words of Go, which operators and scripts search for.</summary>
internal static class ListenFailure
{
    /// <summary>Binds an address through Kestrel's transport; the file of a Unix-domain socket is made anew.</summary>
    /// <exception cref="IOException">It failed: <c>listen tcp 127.0.0.1:2379: bind: address already in use</c>.</exception>
    public static async ValueTask<IConnectionListener> BindAsync(
        IConnectionListenerFactory transport, EndPoint endPoint, CancellationToken cancellationToken)
    {
        RemoveOldSocketFile(endPoint);
        try
        {
            return await transport.BindAsync(endPoint, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is AddressInUseException or SocketException)
        {
            throw Explain(endPoint, failure);
        }
    }

    /// <summary>Binds a socket to an address and listens; the file of a Unix-domain socket is made anew.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="options">Whether the port may be shared.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <exception cref="IOException">It failed: <c>listen tcp 127.0.0.1:2379: bind: address already in use</c>.</exception>
    public static Socket Listen(EndPoint endPoint, RpcServerOptions options, int backlog)
    {
        RemoveOldSocketFile(endPoint);
        Socket? socket = null;
        try
        {
            socket = ReusableSocket.Bind(endPoint, options.ReusePort, options.ReuseAddress);
            socket.Listen(backlog);
            return socket;
        }
        catch (SocketException failure)
        {
            socket?.Dispose();
            throw Explain(endPoint, failure);
        }
    }

    private static void RemoveOldSocketFile(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
        {
            // As in etcd: what a killed process left behind is in the way of the next.
            File.Delete(endPoint.ToString()!);
        }
    }

    private static IOException Explain(EndPoint endPoint, Exception failure)
    {
        string network = endPoint is UnixDomainSocketEndPoint ? "unix" : "tcp";
        return new IOException($"listen {network} {endPoint}: bind: {Reason(failure)}", failure);
    }

    private static string Reason(Exception failure) => (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode switch
    {
        null or SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AccessDenied => "permission denied",
        SocketError.AddressNotAvailable => "cannot assign requested address",
        _ => failure.Message,
    };
}
