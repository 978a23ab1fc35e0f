using System.Net.Security;

namespace Etcd.Proxy;

/// <summary>TLS towards the members, with files that may be renewed while the proxy runs: each handshake takes what was read last.</summary>
/// <remarks>All connections share one set of options, of which every handshake makes its own; what comes from files is put into it anew. Open connections
/// stay.</remarks>
internal sealed class RenewedTls
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Func<SslClientAuthenticationOptions> _read;

    /// <summary>Reads the files the first time.</summary>
    /// <param name="read">Makes options of what the files have; of files that cannot be read, what they had before.</param>
    /// <param name="verify">Judges certificates in place of what was read; <see langword="null"/>: that does.</param>
    internal RenewedTls(Func<SslClientAuthenticationOptions> read, RemoteCertificateValidationCallback? verify)
    {
        _read = read;
        Options = read();
        if (verify is not null)
        {
            Options.RemoteCertificateValidationCallback = verify;
        }
    }

    /// <summary>What handshakes begin with.</summary>
    internal SslClientAuthenticationOptions Options { get; }

    /// <summary>Looks every second whether the files were renewed, until cancelled.</summary>
    internal async Task RunAsync(TimeProvider time, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                Renew();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The proxy stops.
        }
    }

    /// <summary>Takes what the files have now.</summary>
    internal void Renew()
    {
        SslClientAuthenticationOptions now = _read();
        Options.ClientCertificateContext = now.ClientCertificateContext;
        Options.CertificateChainPolicy = now.CertificateChainPolicy;
    }
}
