using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Limits;

/// <summary>Log lines of the file of limits.</summary>
internal sealed partial class LimitsLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(2200, LogLevel.Information, "limits are in force")]
    internal partial void InForce(string file, int rates, int quotas);

    [LoggerMessage(2201, LogLevel.Error, "the file of limits cannot be used; the limits before stay in force")]
    internal partial void NotUsed(string error);
}
