using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tls;

/// <summary>Log lines of TLS, in etcd's wording where it has one.</summary>
internal sealed partial class TlsLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(2100, LogLevel.Warning, "rejected connection on client endpoint")]
    internal partial void RejectedClient(
        string remoteAddr, string serverName, IEnumerable<string> ipAddresses, IEnumerable<string> dnsNames, string error);

    [LoggerMessage(2101, LogLevel.Warning, "rejected connection on peer endpoint")]
    internal partial void RejectedPeer(
        string remoteAddr, string serverName, IEnumerable<string> ipAddresses, IEnumerable<string> dnsNames, string error);

    [LoggerMessage(2102, LogLevel.Information, "TLS files were renewed")]
    internal partial void Reloaded(IEnumerable<string> files);

    [LoggerMessage(2103, LogLevel.Error, "TLS files cannot be read; those read before stay in use")]
    internal partial void ReloadFailed(IEnumerable<string> files, string error);

    [LoggerMessage(2104, LogLevel.Information, "created a self-signed certificate")]
    internal partial void CreatedSelfSigned(string certFile, string notAfter);

    [LoggerMessage(2106, LogLevel.Information, "starting with client TLS")]
    internal partial void StartingClientTls(string tlsInfo, IEnumerable<string> cipherSuites);

    [LoggerMessage(2107, LogLevel.Information, "starting with peer TLS")]
    internal partial void StartingPeerTls(string tlsInfo, IEnumerable<string> cipherSuites);
}
