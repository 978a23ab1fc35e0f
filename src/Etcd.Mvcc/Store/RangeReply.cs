using System.Buffers;
using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc;

/// <summary>What a range found. The stored records are spliced into the reply as they are; dispose it when they are written.</summary>
/// <remarks>Holds a view of the backend, not the records: keep it only as long as the reply takes to encode. One thread.</remarks>
public sealed class RangeReply : IDisposable
{
    // Field 2 of RangeResponse, length-delimited.
    private const byte KeyValuesTag = (2 << 3) | 2;

    private readonly bool _keysOnly;
    private readonly CollectedKeys? _keys;
    private readonly BackendView _view;
    private RevisionList _revisions;
    private readonly Revision _single;
    private int _count;
    private bool _isOpen;

    internal RangeReply(long revision, long count)
    {
        Revision = revision;
        Count = count;
    }

    internal RangeReply(
        long revision, long count, bool more, bool keysOnly, BackendView view, RevisionList revisions, CollectedKeys? keys)
    {
        Revision = revision;
        Count = count;
        More = more;
        _keysOnly = keysOnly;
        _view = view;
        _revisions = revisions;
        _keys = keys;
        _count = revisions.Count;
        _isOpen = true;
    }

    internal RangeReply(long revision, BackendView view, Revision single)
    {
        Revision = revision;
        Count = 1;
        _view = view;
        _single = single;
        _count = 1;
        _isOpen = true;
    }

    /// <summary>Store revision for the reply's header.</summary>
    public long Revision { get; }

    /// <summary>Keys in the range, whatever limit and revision filters left of them.</summary>
    public long Count { get; }

    /// <summary>Whether the limit cut the result.</summary>
    public bool More { get; }

    /// <summary>Records that <see cref="WriteKeyValuesTo(IBufferWriter{byte})"/> writes.</summary>
    public int KeyValueCount => _count;

    /// <summary>Key of a record.</summary>
    /// <param name="record">Its position, from 0.</param>
    public byte[] KeyOf(int record)
    {
        Revision revision = Items[record];
        return KeyValueRecord.Parse(RecordAt(record, revision), revision).Key.ToArray();
    }

    /// <summary>Writes records as field 2 of RangeResponse, and stops behind the one with which there are so many bytes.</summary>
    /// <returns>Records written; at least one if there is any.</returns>
    public int WriteKeyValuesTo(ArrayBufferWriter<byte> destination, int bytesMax)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ReadOnlySpan<Revision> revisions = Items;
        int written = 0;
        while (written < revisions.Length && (written == 0 || destination.WrittenCount < bytesMax))
        {
            WriteRecord(destination, written, revisions[written]);
            written++;
        }

        return written;
    }

    /// <summary>Writes the records as field 2 of RangeResponse.</summary>
    /// <returns>About how many bytes that were.</returns>
    public long WriteKeyValuesTo(IBufferWriter<byte> destination)
    {
        long bytes = 0;
        ReadOnlySpan<Revision> revisions = Items;
        for (int at = 0; at < revisions.Length; at++)
        {
            bytes += WriteRecord(destination, at, revisions[at]);
        }

        return bytes;
    }

    /// <summary>About how many bytes <see cref="WriteKeyValuesTo(IBufferWriter{byte})"/> writes.</summary>
    /// <param name="samplesMax">Records to look at, evenly spread; of more, the average counts for all.</param>
    public long MeasureKeyValues(int samplesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samplesMax, 1);
        ReadOnlySpan<Revision> revisions = Items;
        int samples = Math.Min(samplesMax, revisions.Length);
        long bytes = 0;
        for (int sample = 0; sample < samples; sample++)
        {
            int at = (int)((long)sample * revisions.Length / samples);
            bytes += BytesOf(RecordAt(at, revisions[at]), revisions[at]);
        }

        return samples == revisions.Length ? bytes : (long)((double)bytes / samples * revisions.Length);
    }

    /// <summary>Bytes of all keys and values, and nothing else.</summary>
    public long KeyAndValueBytes()
    {
        long bytes = 0;
        foreach (Revision revision in Items)
        {
            KeyValueRecord record = KeyValueRecord.Parse(RecordOf(_view, revision), revision);
            bytes += record.Key.Length + record.Value.Length;
        }

        return bytes;
    }

    /// <summary>Makes the generated message, for replies inside transactions; its header has the revision only.</summary>
    public RangeResponse ToMessage()
    {
        var response = new RangeResponse { Header = new ResponseHeader { Revision = Revision }, Count = Count, More = More };
        ReadOnlySpan<Revision> revisions = Items;
        for (int at = 0; at < revisions.Length; at++)
        {
            response.Kvs.Add(KeyValueRecord.Parse(RecordAt(at, revisions[at]), revisions[at]).ToMessage(withValue: !_keysOnly));
        }

        return response;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOpen)
        {
            _isOpen = false;
            _count = 0;
            _view.Dispose();
            _revisions.Dispose();
            _keys?.Dispose();
        }
    }

    /// <summary>The record of a revision that the index names.</summary>
    /// <exception cref="CorruptBackendException">The backend does not have it.</exception>
    internal static ReadOnlySpan<byte> RecordOf(in BackendView view, Revision revision) =>
        view.TryGetRecord(revision, out ReadOnlySpan<byte> record)
            ? record
            : throw new CorruptBackendException($"bucket \"key\" lacks revision {revision} that the key index names");

    // From memory where keys are all that is asked for and the index can tell them.
    private ReadOnlySpan<byte> RecordAt(int at, Revision revision) =>
        _keys is not null && _keys[at] is { IsEmpty: false } known ? known : RecordOf(_view, revision);

    private int WriteRecord(IBufferWriter<byte> destination, int at, Revision revision)
    {
        if (_keys is not null && _keys[at] is { IsEmpty: false } known)
        {
            KeyValueRecord.WriteField(destination, KeyValuesTag, known, keysOnly: false, revision);
            return known.Length;
        }

        ReadOnlySpan<byte> record = RecordOf(_view, revision);
        KeyValueRecord.WriteField(destination, KeyValuesTag, record, _keysOnly, revision);
        return BytesOf(record, revision);
    }

    // What is written of a record.
    private int BytesOf(ReadOnlySpan<byte> record, Revision revision) =>
        _keysOnly ? record.Length - KeyValueRecord.Parse(record, revision).Value.Length : record.Length;

    private ReadOnlySpan<Revision> Items =>
        _revisions.Count == 0 && _count == 1 ? new ReadOnlySpan<Revision>(in _single) : _revisions.Items[.._count];
}
