using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary>Shakes hands with an endpoint that DNS named, to see whether an authority the operator trusts vouches for it. A gateway passes
/// bytes and never sees a certificate otherwise.</summary>
internal sealed class EndpointVerification
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly DialerTls _dialer;
    private readonly string _domain;

    /// <summary>Reads the authorities.</summary>
    /// <param name="authorities">File of the authorities that count.</param>
    /// <param name="domain">The domain that was asked; a certificate for it is as good as one for the name of the endpoint.</param>
    /// <param name="loggers">Where a file that cannot be read again is reported.</param>
    /// <exception cref="FormatException">The file cannot be used.</exception>
    internal EndpointVerification(string authorities, string domain, ILoggerFactory loggers)
    {
        _domain = domain;
        try
        {
            _dialer = new DialerTls(
                new TlsSettings { TrustedAuthorityFile = authorities },
                TlsProtocols.Of(string.Empty, string.Empty, []),
                new TlsLog(loggers.CreateLogger<EndpointVerification>()));
        }
        catch (Exception failure) when (TlsFiles.IsFault(failure))
        {
            throw new FormatException(failure.Message, failure);
        }
    }

    /// <summary>Connects and looks at the certificate.</summary>
    /// <param name="endpoint">URL of scheme https.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    internal async Task<string?> FaultOfAsync(string endpoint, CancellationToken cancellationToken)
    {
        RpcAddress address = RpcAddress.Parse(endpoint);
        bool isVouchedFor = false;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address.EndPoint, patience.Token).ConfigureAwait(false);
            await using var secured = new SslStream(new NetworkStream(socket));
            await secured.AuthenticateAsClientAsync(Options(address.Host, () => isVouchedFor = true), patience.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fault(endpoint, $"no answer within {Patience.TotalSeconds} seconds");
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            // A member that demands a certificate ends the handshake after it has shown its own.
            return isVouchedFor ? null : Fault(endpoint, failure.Message);
        }
    }

    private static string Fault(string endpoint, string reason) => $"\"{endpoint}\" failed to dial ({reason})";

    private SslClientAuthenticationOptions Options(string host, Action vouchedFor)
    {
        SslClientAuthenticationOptions options = _dialer.CreateOptions();
        RemoteCertificateValidationCallback judge = options.RemoteCertificateValidationCallback!;
        options.TargetHost = host;
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            if (certificate is X509Certificate2 shown && shown.MatchesHostname(_domain))
            {
                errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
            }

            bool isGood = judge(sender, certificate, chain, errors);
            if (isGood)
            {
                vouchedFor();
            }

            return isGood;
        };
        return options;
    }
}
