namespace Etcdctl.Metrics;

/// <summary>A member's metrics could not be read.</summary>
internal sealed class MetricsUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
