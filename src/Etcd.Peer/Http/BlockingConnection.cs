using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Etcd.Peer.Http;

/// <summary>A connection to a peer that blocks its one thread while there is nothing to read: what arrives wakes that thread and no other.</summary>
/// <remarks>No call here may be asynchronous: one is enough to have the runtime's own threads woken for the socket from then on.</remarks>
internal sealed class BlockingConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenRegistration _cancellation;

    private BlockingConnection(Socket socket, CancellationToken cancellationToken)
    {
        _socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true);
        _cancellation = cancellationToken.UnsafeRegister(static socket => CutOff((Socket)socket!), socket);
    }

    /// <summary>What is read and written, deciphered if there is TLS.</summary>
    public Stream Stream { get; private set; }

    /// <summary>Connects to a peer URL, with TLS where it says so.</summary>
    /// <param name="url">A peer URL.</param>
    /// <param name="options">Time-outs and TLS.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cuts the connection off, now or at any later time.</param>
    /// <exception cref="IOException">There is no connection in time, or the member was silent for too long.</exception>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static BlockingConnection Open(Uri url, HttpPeerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (PeerUrl.FileOf(url) is { } file)
        {
            return Open(new UnixDomainSocketEndPoint(file), url, options, PeerDialer.TimeoutOf(options), cancellationToken);
        }

        long began = time.GetTimestamp();
        SocketException? refusal = null;
        foreach (IPAddress address in Resolve(url.IdnHost, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan rest = PeerDialer.TimeoutOf(options) - time.GetElapsedTime(began);
            if (rest <= TimeSpan.Zero)
            {
                break;
            }

            try
            {
                return Open(new IPEndPoint(address, url.Port), url, options, rest, cancellationToken);
            }
            catch (SocketException failure)
            {
                refusal = failure;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw refusal is null or { SocketErrorCode: SocketError.TimedOut }
            ? PeerDialer.NoConnectionInTime(url.Host, url.Port, options, refusal)
            : refusal;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _cancellation.Dispose();
        Stream.Dispose();
    }

    private static BlockingConnection Open(
        EndPoint target, Uri url, HttpPeerOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        bool isFile = target is UnixDomainSocketEndPoint;
        var socket = new Socket(target.AddressFamily, SocketType.Stream, isFile ? ProtocolType.Unspecified : ProtocolType.Tcp);
        BlockingConnection? connection = null;
        try
        {
            if (!isFile)
            {
                PeerDialer.SetUp(socket, options);
            }

            socket.SendTimeout = MillisecondsOf(timeout); // also that of connecting
            socket.ReceiveTimeout = MillisecondsOf(options.IdleTimeout);
            Connect(socket, target, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            connection = new BlockingConnection(socket, cancellationToken);
            if (PeerUrl.IsSecure(url))
            {
                connection.Secure(PeerDialer.TlsFor(options, PeerUrl.HostOf(url)));
            }

            return connection;
        }
        catch
        {
            connection?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    // A socket that does not connect yet cannot be shut down; one that is closed connects no more, whenever that happens.
    private static void Connect(Socket socket, EndPoint target, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration closing = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            socket.Connect(target);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

#pragma warning disable VSTHRD002 // The thread is the stream's own and waits for nothing else; asked this way, a name server that is silent cannot hold up a stop.
    private static IPAddress[] Resolve(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out IPAddress? address)
            ? [address]
            : Dns.GetHostAddressesAsync(host, cancellationToken).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    // Zero would mean no bound.
    private static int MillisecondsOf(TimeSpan time) => (int)Math.Clamp(time.TotalMilliseconds, 1, int.MaxValue);

    // Closing the socket under its reader would race with it; this has reading and writing end by themselves.
    private static void CutOff(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private void Secure(SslClientAuthenticationOptions tls)
    {
        var secured = new SslStream(Stream);
        Stream = secured;
        secured.AuthenticateAsClient(tls);
    }
}
