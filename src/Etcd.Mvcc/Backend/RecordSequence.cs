namespace Etcd.Mvcc;

/// <summary>Whether the records of bucket <c>key</c> are such as a store writes, each for itself and one after the other.</summary>
/// <remarks>
/// <para>A compaction leaves gaps up to its revision. Above it every revision has its records, numbered from 0, so that one that is missing or has
/// another number shows by its neighbours, and a key's records by those before of the same key.</para>
/// <para>Keys that <c>etcdctl migrate</c> has taken over from the v2 API have their indexes for revisions: single records of version 1 with gaps between
/// them, whatever they say of their creation, and whether the store was compacted before or not. They are let through.</para>
/// </remarks>
public sealed class RecordSequence
{
    private readonly long _compactRevision;
    private readonly Dictionary<ReadOnlyMemory<byte>, Life>? _lives;
    private readonly Dictionary<ReadOnlyMemory<byte>, Life>.AlternateLookup<ReadOnlySpan<byte>> _livesByKey;
    private long _main;
    private long _sub = -1;

    /// <summary>Begins before the first record.</summary>
    /// <param name="compactRevision">Revision of the last compaction that the file knows of, begun or finished; -1 for none.</param>
    /// <param name="followsKeys">Whether each key's records are held against each other: that takes memory for every key.</param>
    public RecordSequence(long compactRevision, bool followsKeys)
    {
        _compactRevision = compactRevision;
        _main = Math.Max(compactRevision, 1);
        if (followsKeys)
        {
            _lives = new Dictionary<ReadOnlyMemory<byte>, Life>(KeyBytesComparer.Instance);
            _livesByKey = _lives.GetAlternateLookup<ReadOnlySpan<byte>>();
        }
    }

    /// <summary>Checks a record by itself, whatever stands beside it.</summary>
    /// <param name="key">Its key in the bucket.</param>
    /// <param name="value">The record.</param>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    public static string? FaultOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Read(key, value, out _, out _, out _);

    /// <summary>Takes the next record of the bucket.</summary>
    /// <param name="key">Its key in the bucket.</param>
    /// <param name="value">The record.</param>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    public string? Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        string? fault = Read(key, value, out Revision at, out bool isTombstone, out KeyValueRecord record);
        if (at == default)
        {
            return fault;
        }

        bool isAboveCompaction = at.Main > _compactRevision;
        if (isAboveCompaction)
        {
            fault ??= PlaceFault(at, isTombstone, record);
            (_main, _sub) = (at.Main, at.Sub);
        }

        string? historyFault = Follow(record, isTombstone, isAboveCompaction);
        return fault ?? historyFault;
    }

    /// <param name="key">Its key in the bucket.</param>
    /// <param name="value">The record.</param>
    /// <param name="at">Its revision; nothing when there is none to go on with.</param>
    /// <param name="isTombstone">Whether it is a deletion.</param>
    /// <param name="record">What it says.</param>
    private static string? Read(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out Revision at, out bool isTombstone, out KeyValueRecord record)
    {
        record = default;
        if (!Revision.TryRead(key, out at, out isTombstone))
        {
            return "the key is no revision";
        }

        if (at.Main < 1 || at.Sub < 0)
        {
            string impossible = $"there is no revision {at}";
            at = default;
            return impossible;
        }

        if (!KeyValueRecord.TryParse(value, out record))
        {
            at = default;
            return "the value is no KeyValue";
        }

        // A restore with a raised revision leaves a record without content.
        if (value.IsEmpty && !isTombstone)
        {
            return null;
        }

        return record.Key.IsEmpty ? $"a {(isTombstone ? "deletion" : "record")} without a key"
            : isTombstone ? null
            : record.ModRevision != at.Main ? $"a record of revision {record.ModRevision} under revision {at.Main}"
            : record.CreateRevision < 1 || record.CreateRevision > at.Main ? $"a key created at revision {record.CreateRevision}, changed at {at.Main}"
            : record.Version < 1 ? $"a record of version {record.Version}"
            : null;
    }

    private string? PlaceFault(Revision at, bool isTombstone, in KeyValueRecord record)
    {
        if (at.Main == _main)
        {
            return at.Sub == _sub + 1 ? null : $"revision {at} follows {new Revision(_main, _sub)}";
        }

        if (at.Sub != 0)
        {
            return $"revision {at} is the first of {at.Main}";
        }

        bool mayBeMigrated = !isTombstone && record.Version == 1;
        return at.Main == _main + 1 || record.Key.IsEmpty || mayBeMigrated ? null : $"revision {at.Main} follows {_main}";
    }

    private string? Follow(in KeyValueRecord record, bool isTombstone, bool isAboveCompaction)
    {
        if (_lives is null || record.Key.IsEmpty)
        {
            return null;
        }

        bool wasThere = _livesByKey.TryGetValue(record.Key, out Life before);
        if (isTombstone)
        {
            _livesByKey.Remove(record.Key);
            return !isAboveCompaction || wasThere ? null : "a deletion of a key that is not there";
        }

        _livesByKey[record.Key] = new Life(record.CreateRevision, record.Version);
        if (!isAboveCompaction)
        {
            return null;
        }

        if (wasThere)
        {
            return record.CreateRevision == before.Created && record.Version == before.Version + 1
                ? null
                : $"version {record.Version}, created at {record.CreateRevision}, follows version {before.Version}, created at {before.Created}";
        }

        return record.Version == 1
            ? null
            : $"version {record.Version}, created at {record.CreateRevision}, of a key that is not there";
    }

    private readonly record struct Life(long Created, long Version);
}
