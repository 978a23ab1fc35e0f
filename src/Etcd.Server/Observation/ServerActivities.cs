using System.Diagnostics;

namespace Etcd.Server.Observation;

/// <summary>Where the spans of a member come from: the way of a request through consensus, log, apply and key space.</summary>
public static class ServerActivities
{
    /// <summary>Name of the source, for whoever listens.</summary>
    public const string SourceName = "Etcd.Server";

    /// <summary>The source. Without a listener it makes nothing.</summary>
    internal static ActivitySource Source { get; } = new(SourceName);
}
