namespace Etcd.Raft;

/// <summary>Where in the log a snapshot stands.</summary>
/// <param name="Index">Last log index the snapshot includes; 0 for no snapshot.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="ConfState">Configuration in force at that entry.</param>
public sealed record SnapshotMetadata(ulong Index, ulong Term, ConfState ConfState)
{
    /// <summary>The metadata of no snapshot.</summary>
    public static SnapshotMetadata None { get; } = new(0, 0, ConfState.Empty);
}

/// <summary>The application's state at one log index, replacing the log up to it.</summary>
/// <param name="Metadata">Where the snapshot stands.</param>
/// <param name="Data">The application's own bytes.</param>
public sealed record Snapshot(SnapshotMetadata Metadata, ReadOnlyMemory<byte> Data)
{
    /// <summary>No snapshot.</summary>
    public static Snapshot None { get; } = new(SnapshotMetadata.None, default);

    /// <summary>Whether there is no snapshot.</summary>
    public bool IsEmpty => Metadata.Index == 0;
}
