using System.Net;
using System.Net.Sockets;

namespace Etcd.Testing.Processes;

/// <summary>Hands out TCP ports of the loopback interface that nobody listens on. They lie below the range from which the
/// system takes the local ports of outgoing connections, so that a client's connection cannot take one in between.</summary>
public static class LoopbackPorts
{
    private const int First = 15_000;
    private const int Last = 32_000;

    private static readonly HashSet<int> Taken = [];

    /// <summary>A port that this process has not handed out before and that is free at this moment.</summary>
    public static int Take()
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            int port = Random.Shared.Next(First, Last);
            lock (Taken)
            {
                if (Taken.Contains(port) || !IsFree(port))
                {
                    continue;
                }

                Taken.Add(port);
                return port;
            }
        }

        throw new InvalidOperationException("found no free loopback port");
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
