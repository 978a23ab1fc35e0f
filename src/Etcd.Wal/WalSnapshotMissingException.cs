namespace Etcd.Wal;

/// <summary>A log does not know the snapshot it was to be opened at.</summary>
public sealed class WalSnapshotMissingException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="directory">The log.</param>
    /// <param name="snapshot">What was looked for.</param>
    /// <param name="foundTerm">Term of the log's record of that index; <see langword="null"/> when there is no record.</param>
    public WalSnapshotMissingException(string directory, WalSnapshot snapshot, ulong? foundTerm)
        : base(foundTerm is null
            ? $"{directory}: no record of a snapshot at index {snapshot.Index}"
            : $"{directory}: the snapshot at index {snapshot.Index} has term {foundTerm} instead of {snapshot.Term}")
    {
        Snapshot = snapshot;
        FoundTerm = foundTerm;
    }

    /// <summary>What was looked for.</summary>
    public WalSnapshot Snapshot { get; }

    /// <summary>Term of the log's record of that index; <see langword="null"/> when there is no record.</summary>
    public ulong? FoundTerm { get; }
}
