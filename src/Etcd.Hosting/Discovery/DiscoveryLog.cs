using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Discovery;

/// <summary>Log lines of finding the members of a cluster to found, in etcd's wording.</summary>
internal sealed partial class DiscoveryLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(2100, LogLevel.Information, "get cluster for {service} SRV")]
    internal partial void LookedUp(
        string service,
        string serviceScheme,
        string serviceName,
        string serverName,
        string discoverySrv,
        IReadOnlyList<string> advertisePeerUrls,
        IReadOnlyList<string> foundCluster,
        string? error);

    [LoggerMessage(2101, LogLevel.Warning, "failed to resolve during SRV discovery")]
    internal partial void LookUpFailed(string error);

    [LoggerMessage(2102, LogLevel.Information, "got bootstrap from DNS for etcd-server")]
    internal partial void FoundNode(string node);

    [LoggerMessage(2103, LogLevel.Warning, "discovery ignored since a cluster has already been initialized; valid logs are found")]
    internal partial void Ignored(string walDir);
}
