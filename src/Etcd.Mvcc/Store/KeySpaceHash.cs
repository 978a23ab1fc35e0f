using Etcd.Disk;

namespace Etcd.Mvcc;

/// <summary>The running checksum over bucket <c>key</c> that every member computes alike, compacted or not.</summary>
/// <remarks>
/// Up to the compact revision only what compaction would have kept is fed; a tombstone exactly at it is kept by newer etcd and
/// dropped by older, so it never is. With nothing to keep, nothing is left out.
/// </remarks>
internal struct KeySpaceHash(long compactRevision, long revision, bool keepsAnything)
{
    private uint _crc = Crc32C.Append(0, BackendBuckets.NameOf(BackendBucket.Key));

    /// <summary>Checksum so far.</summary>
    public readonly uint Value => _crc;

    /// <summary>Tells whether the caller must find out if compaction keeps the record.</summary>
    public readonly bool DependsOnKeep(Revision at) => keepsAnything && at.Main <= compactRevision;

    /// <summary>Takes a record in, if it counts.</summary>
    /// <param name="key">Key in the bucket.</param>
    /// <param name="value">The record.</param>
    /// <param name="at">Its revision.</param>
    /// <param name="isTombstone">Whether it is a deletion.</param>
    /// <param name="isKept">Whether compaction keeps it; asked for only when <see cref="DependsOnKeep"/>.</param>
    public void Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, Revision at, bool isTombstone, bool isKept)
    {
        if (at.Main > revision)
        {
            return;
        }

        if (DependsOnKeep(at) && (!isKept || (isTombstone && at.Main == compactRevision)))
        {
            return;
        }

        _crc = Crc32C.Append(Crc32C.Append(_crc, key), value);
    }
}
