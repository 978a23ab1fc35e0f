using Microsoft.Extensions.Logging;

namespace Etcd.Proxy;

/// <summary>Log lines of the gRPC proxy, and of finding the members for it and the gateway.</summary>
internal sealed partial class ProxyLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(3100, LogLevel.Information, "listening for gRPC proxy client requests")]
    internal partial void Listening(string address);

    [LoggerMessage(3101, LogLevel.Information, "started gRPC proxy")]
    internal partial void Started(string address, IEnumerable<string> endpoints);

    [LoggerMessage(3102, LogLevel.Information, "gRPC proxy listening for metrics")]
    internal partial void ListeningForMetrics(string address);

    [LoggerMessage(3103, LogLevel.Information, "registered new grpc-proxy member")]
    internal partial void Registered(string endpoint, long ttlSeconds);

    [LoggerMessage(3104, LogLevel.Warning, "the proxy could not be registered or taken off the register")]
    internal partial void RegistrationFailed(string error);

    [LoggerMessage(3105, LogLevel.Warning, "the members of the cluster could not be asked for")]
    internal partial void SyncFailed(string error);

    [LoggerMessage(3106, LogLevel.Information, "discovered cluster from SRV")]
    internal partial void Discovered(string srvServer, IReadOnlyList<string> endpoints);

    [LoggerMessage(3107, LogLevel.Warning, "failed to validate discovered endpoints")]
    internal partial void LeftOut(string srvServer, IReadOnlyList<string> endpoints, string error);

    [LoggerMessage(3108, LogLevel.Information, "keys that are read are owned by this proxy from here on")]
    internal partial void LeasingBegan(string lease, long ttlSeconds);

    [LoggerMessage(3109, LogLevel.Warning, "ownership of keys could not be kept, or given up")]
    internal partial void LeasingFailed(string error);
}
