using System.Net.Sockets;
using System.Text;

namespace Etcd.Hosting.Service;

/// <summary>Tells systemd how far the service is, for units of <c>Type=notify</c> (sd_notify(3)).</summary>
/// <param name="address">The value of <c>NOTIFY_SOCKET</c>: a path, or a name in the abstract name space behind <c>@</c>; empty where nobody listens.</param>
/// <param name="log">Where a failure is told.</param>
internal sealed class SystemdNotifier(string? address, HostLog log)
{
    /// <summary>The variable by which systemd says where it listens.</summary>
    internal const string Variable = "NOTIFY_SOCKET";

    /// <summary>The service serves its clients.</summary>
    internal void Ready() => Send("READY=1", isReadiness: true);

    /// <summary>The service is on its way down.</summary>
    internal void Stopping() => Send("STOPPING=1", isReadiness: false);

    private void Send(string state, bool isReadiness)
    {
        if (string.IsNullOrEmpty(address))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address));
            if (isReadiness)
            {
                log.NotifiedSystemd();
            }
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            log.SystemdNotNotified(failure.Message);
        }
    }
}
