using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Etcd.Peer.Http;

/// <summary>Opens connections to peer URLs, with TLS where the URL says so.</summary>
internal sealed class PeerDialer(HttpPeerOptions options, TimeProvider time)
{
    /// <summary>Tells the dialer that a request is for an https URL; its own URL always says http, so that TLS stays in here.</summary>
    public static readonly HttpRequestOptionsKey<bool> UsesTls = new("etcd-peer-tls");

    /// <summary>Tells the dialer that a request is for a <c>unix</c> or <c>unixs</c> URL, and where its socket is.</summary>
    public static readonly HttpRequestOptionsKey<string> SocketFile = new("etcd-peer-socket");

    // As Go's dialer: a peer whose machine is gone is noticed in minutes and not in hours.
    private const int KeepAliveSeconds = 30;

    private readonly TimeSpan _timeout = TimeoutOf(options);

    /// <summary>How long a dial may take.</summary>
    public static TimeSpan TimeoutOf(HttpPeerOptions options) => TimeSpan.FromSeconds(1) + options.ElectionTimeout;

    /// <summary>A socket to a peer.</summary>
    /// <param name="isFile">Whether it goes to a Unix-domain socket.</param>
    /// <param name="options">Where it comes from.</param>
    /// <exception cref="SocketException">This machine has not the address it is to come from.</exception>
    private static Socket CreateSocket(bool isFile, HttpPeerOptions options)
    {
        if (isFile)
        {
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SetUp(socket, options);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Settings of every TCP socket to a peer, before it is connected.</summary>
    /// <exception cref="SocketException">This machine has not the address it is to come from, or the socket is of the other address family.</exception>
    public static void SetUp(Socket socket, HttpPeerOptions options)
    {
        if (options.LocalAddress is { } local)
        {
            // A socket for both families knows addresses of the older one in the form of the newer.
            bool isMapped = socket.AddressFamily == AddressFamily.InterNetworkV6 && socket.DualMode && local.AddressFamily == AddressFamily.InterNetwork;
            socket.Bind(new IPEndPoint(isMapped ? local.MapToIPv6() : local, 0));
        }

        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
    }

    /// <summary>TLS settings for one connection.</summary>
    public static SslClientAuthenticationOptions TlsFor(HttpPeerOptions options, string host)
    {
        SslClientAuthenticationOptions tls = options.TlsOptions?.Invoke() ?? new SslClientAuthenticationOptions();
        tls.TargetHost ??= host;
        tls.ApplicationProtocols = [SslApplicationProtocol.Http11];
        return tls;
    }

    /// <summary>What a dial ends with that takes too long.</summary>
    public static IOException NoConnectionInTime(string host, int port, HttpPeerOptions options, Exception? inner) =>
        new($"dial {host}:{port}: no connection within {TimeoutOf(options).TotalSeconds} s", inner);

    /// <summary>Connects for a request.</summary>
    /// <exception cref="IOException">There is no connection in time.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        bool isFile = context.InitialRequestMessage.Options.TryGetValue(SocketFile, out string? file);
        Socket socket = CreateSocket(isFile, options);
        try
        {
            await socket.ConnectAsync(isFile ? new UnixDomainSocketEndPoint(file!) : context.DnsEndPoint, linked.Token).ConfigureAwait(false);
            var connection = new NetworkStream(socket, ownsSocket: true);
            return context.InitialRequestMessage.Options.TryGetValue(UsesTls, out bool usesTls) && usesTls
                ? await SecureAsync(connection, isFile ? "localhost" : context.DnsEndPoint.Host, linked.Token).ConfigureAwait(false)
                : connection;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (failure is OperationCanceledException && timeout.IsCancellationRequested)
            {
                throw NoConnectionInTime(context.DnsEndPoint.Host, context.DnsEndPoint.Port, options, failure);
            }

            throw;
        }
    }

    private async ValueTask<Stream> SecureAsync(Stream connection, string host, CancellationToken cancellationToken)
    {
        var secured = new SslStream(connection);
        await secured.AuthenticateAsClientAsync(TlsFor(options, host), cancellationToken).ConfigureAwait(false);
        return secured;
    }
}
