namespace Etcd.Hosting.Logging;

/// <summary>How a log line looks: <c>--log-format</c>.</summary>
public enum LogFormat
{
    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>Time, level, caller and message between tabs, then the facts as JSON: for people at a terminal.</summary>
    Console,
}
