namespace Etcd.Mvcc;

/// <summary>Work of compaction that rides on the next commit: changes nobody reads, so that no buffer needs them.</summary>
/// <param name="Revisions">Keys of bucket <c>key</c> to delete, in file form.</param>
/// <param name="MetaKey">Key of bucket <c>meta</c> to write with them, or <see langword="null"/>.</param>
/// <param name="MetaValue">Its value.</param>
internal sealed record CleanUp(IReadOnlyList<ReadOnlyMemory<byte>> Revisions, byte[]? MetaKey, byte[]? MetaValue);
