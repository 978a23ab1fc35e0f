using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Gateway;

/// <summary>Log lines of the gateway, in etcd's wording.</summary>
internal sealed partial class GatewayLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(3000, LogLevel.Information, "ready to proxy client requests")]
    internal partial void Ready(IEnumerable<string> endpoints, string address);

    [LoggerMessage(3001, LogLevel.Warning, "deactivated endpoint")]
    internal partial void Deactivated(string address, string interval, string error);

    [LoggerMessage(3002, LogLevel.Warning, "a connection was turned away: no endpoint can be reached")]
    internal partial void NoEndpoint();

    [LoggerMessage(3003, LogLevel.Warning, "cannot accept a connection; trying again")]
    internal partial void CannotAccept(string error);
}
