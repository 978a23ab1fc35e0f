namespace Etcd.Wal.Recovery;

/// <summary>What the next read of a log gave.</summary>
internal enum ReadOutcome
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>The clean end of the last segment.</summary>
    End,

    /// <summary>In the last segment, the beginning of a write that power loss cut short.</summary>
    Torn,
}
