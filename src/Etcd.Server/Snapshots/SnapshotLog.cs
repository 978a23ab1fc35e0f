using Microsoft.Extensions.Logging;

namespace Etcd.Server.Snapshots;

/// <summary>Log lines of snapshots between members, in etcd's wording.</summary>
internal sealed partial class SnapshotLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1200, LogLevel.Information, "applying snapshot")]
    internal partial void Applying(ulong currentAppliedIndex, ulong incomingLeaderSnapshotIndex, ulong incomingLeaderSnapshotTerm);

    [LoggerMessage(1201, LogLevel.Information, "applied snapshot")]
    internal partial void Applied(ulong currentAppliedIndex, long currentRevision, string took);

    [LoggerMessage(1202, LogLevel.Information, "sending merged snapshot")]
    internal partial void Sending(string from, string to, ulong snapshotIndex, long bytes);

    [LoggerMessage(1203, LogLevel.Information, "snapshot was not sent")]
    internal partial void NotSent(string to, string reason);
}
