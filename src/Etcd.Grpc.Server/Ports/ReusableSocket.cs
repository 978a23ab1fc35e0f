using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Etcd.Grpc.Server.Ports;

/// <summary>Listening sockets with the two reuse options of Linux, each by itself: .NET's own <c>ReuseAddress</c> sets both.</summary>
internal static class ReusableSocket
{
    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;
    private const int SoReusePort = 15;

    /// <summary>A socket bound to the address.</summary>
    public static Socket Bind(EndPoint endPoint, bool reusePort, bool reuseAddress)
    {
        if (endPoint is not IPEndPoint || (!reusePort && !reuseAddress))
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint is IPEndPoint { Address: IPAddress address } && address.Equals(IPAddress.IPv6Any))
            {
                // All addresses means those of IPv4 too, as it does without these options.
                socket.DualMode = true;
            }

            Set(socket, SoReusePort, reusePort);
            Set(socket, SoReuseAddress, reuseAddress);
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Set(Socket socket, int option, bool isWanted)
    {
        if (isWanted)
        {
            socket.SetRawSocketOption(SolSocket, option, BitConverter.GetBytes(1));
        }
    }
}
