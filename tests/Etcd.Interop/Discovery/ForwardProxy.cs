using System.Net;
using System.Net.Sockets;

namespace Etcd.Interop.Discovery;

/// <summary>An HTTP proxy that leads every request to one port, whatever host it names: who reaches the port by a name that does not exist came through it.</summary>
internal sealed class ForwardProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly int _target;

    internal ForwardProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = ServeAsync();
    }

    internal string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose()
    {
        _closing.Cancel();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = PassOnAsync(await _listener.AcceptTcpClientAsync(_closing.Token));
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The listener was closed: the test is over.
        }
    }

    // A server takes a request line with the whole URL, as a proxy gets it (RFC 9112, section 3.2.2): nothing need be changed.
    private async Task PassOnAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _closing.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), _closing.Token), server.GetStream().CopyToAsync(client.GetStream(), _closing.Token));
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
            {
                // One side hung up, which the other sees by its end.
            }
        }
    }
}
