using System.Net;
using System.Net.Sockets;

namespace Etcd.Proxy.Gateway;

/// <summary>Tells a connection that a gateway has made to itself. Names and addresses of an endpoint do not tell: what counts is where the connection has led.</summary>
internal static class OwnPort
{
    /// <summary>Whether the other end of a connection is a listener of this process.</summary>
    /// <param name="connection">A connection that this process has opened.</param>
    /// <param name="listener">Address and port it listens on; the address may stand for all of the machine's.</param>
    internal static bool IsOtherEnd(Socket connection, IPEndPoint listener)
    {
        var remote = (IPEndPoint)connection.RemoteEndPoint!;
        if (remote.Port != listener.Port)
        {
            return false;
        }

        IPAddress other = Plain(remote.Address);
        IPAddress own = Plain(listener.Address);
        bool isAny = own.Equals(IPAddress.Any) || own.Equals(IPAddress.IPv6Any);

        // A connection to one of the machine's own addresses comes from that address, or from loopback.
        return isAny ? IPAddress.IsLoopback(other) || other.Equals(Plain(((IPEndPoint)connection.LocalEndPoint!).Address)) : other.Equals(own);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
