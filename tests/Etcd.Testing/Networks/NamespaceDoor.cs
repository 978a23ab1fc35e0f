using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace Etcd.Testing.Networks;

/// <summary>Makes a port of a namespace's loopback reachable on the loopback of the tests, so that clients are not part of what happens to the
/// network between the hosts.</summary>
public sealed class NamespaceDoor : IAsyncDisposable
{
    private readonly NetworkNamespace _inside;
    private readonly int _port;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentBag<Task> _visits = [];
    private readonly Task _accepting;

    private NamespaceDoor(NetworkNamespace inside, int port)
    {
        _inside = inside;
        _port = port;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Opens one, under the same number outside.</summary>
    public static NamespaceDoor Open(NetworkNamespace inside, int port) => new(inside, port);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_visits).ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket outside = await _listener.AcceptSocketAsync(_closing.Token).ConfigureAwait(false);
                _visits.Add(Task.Run(() => PassAsync(outside), CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
            // The door is closed.
        }
    }

    private async Task PassAsync(Socket outside)
    {
        try
        {
            using var near = new NetworkStream(outside, ownsSocket: true);
            using var far = new NetworkStream(_inside.Connect(_port), ownsSocket: true);
            Task first = await Task.WhenAny(near.CopyToAsync(far, _closing.Token), far.CopyToAsync(near, _closing.Token)).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (Exception end) when (end is IOException or SocketException or Win32Exception or OperationCanceledException)
        {
            // Nobody listens inside, or one side has gone: the other is closed and sees it.
        }
    }
}
