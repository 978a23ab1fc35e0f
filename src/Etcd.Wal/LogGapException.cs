namespace Etcd.Wal;

/// <summary>A log lacks entries that must come next.</summary>
public sealed class LogGapException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="directory">The log.</param>
    /// <param name="missingIndex">The first entry that is missing.</param>
    /// <param name="nextIndex">Where the log goes on.</param>
    /// <param name="reason">Why it may be so, after a comma; empty for no guess.</param>
    public LogGapException(string directory, ulong missingIndex, ulong nextIndex, string reason = "")
        : base($"{directory}: the log goes on at entry {nextIndex}, entry {missingIndex} is missing{reason}")
    {
        MissingIndex = missingIndex;
        NextIndex = nextIndex;
    }

    /// <summary>The first entry that is missing.</summary>
    public ulong MissingIndex { get; }

    /// <summary>Where the log goes on.</summary>
    public ulong NextIndex { get; }
}
