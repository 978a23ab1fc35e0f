namespace Etcd.Raft;

/// <summary>One entry of the replicated log.</summary>
/// <param name="Term">Term of the leader that created the entry, from 1.</param>
/// <param name="Index">Position in the log, from 1.</param>
/// <param name="Type">What <paramref name="Data"/> holds.</param>
/// <param name="Data">The payload; never changed once the entry exists. Empty is written to disk as absent.</param>
/// <param name="Attachment">An object that travels with the entry on this member only, such as the request that waits
/// for it, already parsed. Neither stored nor sent; <see langword="null"/> on entries that came from elsewhere.</param>
public readonly record struct Entry(
    ulong Term,
    ulong Index,
    EntryType Type,
    ReadOnlyMemory<byte> Data,
    object? Attachment = null);
