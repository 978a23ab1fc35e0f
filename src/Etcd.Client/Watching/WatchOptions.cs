namespace Etcd.Client;

/// <summary>What a watch reports, and from when.</summary>
public sealed record WatchOptions
{
    /// <summary>First revision to report, which may lie in the past or the future; 0: what happens from now on.</summary>
    public long StartRevision { get; init; }

    /// <summary>Report each key as it was before the change, too.</summary>
    public bool PreviousKeyValues { get; init; }

    /// <summary>Report puts.</summary>
    public bool Puts { get; init; } = true;

    /// <summary>Report deletions.</summary>
    public bool Deletions { get; init; } = true;

    /// <summary>Have the server report its revision now and then while nothing happens.</summary>
    public bool ProgressNotify { get; init; }

    /// <summary>Let the server split what is too large for one message; the client joins it.</summary>
    public bool Fragment { get; init; }

    /// <summary>End the watch when the member has no leader, instead of waiting for one without news.</summary>
    public bool RequireLeader { get; init; }

    /// <summary>Report the server's confirmations too: a message with <c>Created</c> each time the watch begins on a connection, the first and every one
    /// after a loss, ahead of what comes over it.</summary>
    public bool Confirmations { get; init; }
}
