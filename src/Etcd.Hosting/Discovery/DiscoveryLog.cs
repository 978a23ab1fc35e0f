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

    [LoggerMessage(2104, LogLevel.Information, "retry connecting to discovery service")]
    internal partial void Retrying(string url, string reason, string backoff, string error);

    [LoggerMessage(2105, LogLevel.Information, "found {who} in the cluster")]
    internal partial void FoundPeer(string discoveryUrl, string who, string member);

    [LoggerMessage(2106, LogLevel.Information, "waiting for peers from discovery service")]
    internal partial void WaitingForPeers(string discoveryUrl, int foundPeers, int neededPeers);

    [LoggerMessage(2107, LogLevel.Information, "found all needed peers from discovery service")]
    internal partial void FoundAllPeers(string discoveryUrl);

    [LoggerMessage(2108, LogLevel.Warning, "error while waiting for peers")]
    internal partial void WaitFailed(string discoveryUrl, string error);

    [LoggerMessage(2109, LogLevel.Warning, "member has been registered with discovery service; if its data is gone, use a new discovery token")]
    internal partial void AlreadyRegistered(string discoveryUrl, string member);

    [LoggerMessage(2110, LogLevel.Warning, "invalid peer info returned from discovery service")]
    internal partial void InvalidPeer(string memberKey, string memberInfo);

    [LoggerMessage(2111, LogLevel.Information, "Bootstrapping cluster using v3 discovery.")]
    internal partial void UsesV3(string discoveryToken, string discoveryEndpoints);
}
