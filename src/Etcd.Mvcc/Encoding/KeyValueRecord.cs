using System.Buffers;
using Etcd.Protocol.Kv;
using Google.Protobuf;

namespace Etcd.Mvcc;

/// <summary>The stored form of one key at one revision: an encoded mvccpb.KeyValue, read and written in place.</summary>
/// <remarks>
/// Fields stand in tag order and zero values are left out, byte for byte as etcd writes them: hashes are taken over
/// these bytes. A tombstone holds only the key.
/// </remarks>
internal readonly ref struct KeyValueRecord
{
    private const int KeyTag = (1 << 3) | 2;
    private const int CreateRevisionTag = 2 << 3;
    private const int ModRevisionTag = 3 << 3;
    private const int VersionTag = 4 << 3;
    private const int ValueTag = (5 << 3) | 2;
    private const int LeaseTag = 6 << 3;

    private KeyValueRecord(
        ReadOnlySpan<byte> key, long createRevision, long modRevision, long version, ReadOnlySpan<byte> value, long lease)
    {
        Key = key;
        CreateRevision = createRevision;
        ModRevision = modRevision;
        Version = version;
        Value = value;
        Lease = lease;
    }

    /// <summary>The key; empty in the record that a restore with a bumped revision leaves.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Revision that brought the key to life.</summary>
    public long CreateRevision { get; }

    /// <summary>Revision of this change.</summary>
    public long ModRevision { get; }

    /// <summary>Changes since creation, from 1.</summary>
    public long Version { get; }

    /// <summary>The value, may be empty.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Lease the key hangs on, 0 for none.</summary>
    public long Lease { get; }

    /// <summary>Encodes a put. The key stands from <see cref="KeyOffset"/> on in the result.</summary>
    public static byte[] Encode(
        ReadOnlySpan<byte> key, long createRevision, long modRevision, long version, ReadOnlySpan<byte> value, long lease)
    {
        int size = BytesFieldSize(key.Length) + IntegerFieldSize(createRevision) + IntegerFieldSize(modRevision)
            + IntegerFieldSize(version) + BytesFieldSize(value.Length) + IntegerFieldSize(lease);
        byte[] encoded = GC.AllocateUninitializedArray<byte>(size);
        Span<byte> rest = WriteBytes(encoded, KeyTag, key);
        rest = WriteInteger(rest, CreateRevisionTag, createRevision);
        rest = WriteInteger(rest, ModRevisionTag, modRevision);
        rest = WriteInteger(rest, VersionTag, version);
        rest = WriteBytes(rest, ValueTag, value);
        WriteInteger(rest, LeaseTag, lease);
        return encoded;
    }

    /// <summary>Encodes the stored form of a tombstone.</summary>
    public static byte[] EncodeTombstone(ReadOnlySpan<byte> key)
    {
        byte[] encoded = new byte[BytesFieldSize(key.Length)];
        WriteBytes(encoded, KeyTag, key);
        return encoded;
    }

    /// <summary>Encodes what a delete event tells: key and mod_revision.</summary>
    public static byte[] EncodeDeletion(ReadOnlySpan<byte> key, long modRevision)
    {
        byte[] encoded = new byte[BytesFieldSize(key.Length) + IntegerFieldSize(modRevision)];
        WriteInteger(WriteBytes(encoded, KeyTag, key), ModRevisionTag, modRevision);
        return encoded;
    }

    /// <summary>Encodes what is left of a record without value and lease.</summary>
    /// <param name="destination">At least <see cref="KeyOnlySizeMax"/> bytes.</param>
    /// <param name="key">The key.</param>
    /// <param name="createRevision">Revision that brought the key to life.</param>
    /// <param name="modRevision">Revision of the change.</param>
    /// <param name="version">Changes since creation.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteKeyOnly(Span<byte> destination, ReadOnlySpan<byte> key, long createRevision, long modRevision, long version)
    {
        Span<byte> rest = WriteBytes(destination, KeyTag, key);
        rest = WriteInteger(rest, CreateRevisionTag, createRevision);
        rest = WriteInteger(rest, ModRevisionTag, modRevision);
        return destination.Length - WriteInteger(rest, VersionTag, version).Length;
    }

    /// <summary>Most bytes of a record without value and lease.</summary>
    public static int KeyOnlySizeMax(int keyBytes) => keyBytes + (4 * (1 + Varint.SizeMax));

    /// <summary>Where the key begins in an encoded record.</summary>
    public static int KeyOffset(int keyBytes) => keyBytes == 0 ? 0 : 1 + Varint.SizeOf((ulong)keyBytes);

    /// <summary>Reads a record; fields in any order, unknown ones skipped.</summary>
    /// <returns><see langword="false"/> when the bytes are not a KeyValue.</returns>
    public static bool TryParse(ReadOnlySpan<byte> encoded, out KeyValueRecord record)
    {
        ReadOnlySpan<byte> key = default;
        ReadOnlySpan<byte> value = default;
        ulong createRevision = 0;
        ulong modRevision = 0;
        ulong version = 0;
        ulong lease = 0;
        ReadOnlySpan<byte> rest = encoded;
        record = default;
        while (!rest.IsEmpty)
        {
            if (!Varint.TryRead(ref rest, out ulong tag))
            {
                return false;
            }

            bool intact = tag switch
            {
                KeyTag => TryReadBytes(ref rest, out key),
                CreateRevisionTag => Varint.TryRead(ref rest, out createRevision),
                ModRevisionTag => Varint.TryRead(ref rest, out modRevision),
                VersionTag => Varint.TryRead(ref rest, out version),
                ValueTag => TryReadBytes(ref rest, out value),
                LeaseTag => Varint.TryRead(ref rest, out lease),
                _ => TrySkip(ref rest, tag),
            };
            if (!intact)
            {
                return false;
            }
        }

        record = new KeyValueRecord(key, (long)createRevision, (long)modRevision, (long)version, value, (long)lease);
        return true;
    }

    /// <summary>Reads a record that this store or etcd wrote.</summary>
    /// <exception cref="CorruptBackendException">The bytes are not a KeyValue.</exception>
    public static KeyValueRecord Parse(ReadOnlySpan<byte> encoded, Revision revision) =>
        TryParse(encoded, out KeyValueRecord record)
            ? record
            : throw new CorruptBackendException($"bucket \"key\" holds no KeyValue at revision {revision} ({encoded.Length} bytes)");

    /// <summary>The record as generated message, for replies inside transactions.</summary>
    public KeyValue ToMessage(bool withValue = true) => new()
    {
        Key = ByteString.CopyFrom(Key),
        CreateRevision = CreateRevision,
        ModRevision = ModRevision,
        Version = Version,
        Value = withValue ? ByteString.CopyFrom(Value) : ByteString.Empty,
        Lease = Lease,
    };

    /// <summary>Writes an encoded record as element of a repeated field, with or without its value.</summary>
    public static void WriteField(IBufferWriter<byte> destination, byte fieldTag, ReadOnlySpan<byte> encoded, bool keysOnly, Revision revision)
    {
        if (keysOnly)
        {
            KeyValueRecord record = Parse(encoded, revision);
            if (!record.Value.IsEmpty)
            {
                WriteWithoutValue(destination, fieldTag, record);
                return;
            }
        }

        Span<byte> span = destination.GetSpan(1 + Varint.SizeMax + encoded.Length);
        span[0] = fieldTag;
        int at = 1 + Varint.Write(span[1..], (ulong)encoded.Length);
        encoded.CopyTo(span[at..]);
        destination.Advance(at + encoded.Length);
    }

    private static void WriteWithoutValue(IBufferWriter<byte> destination, byte fieldTag, in KeyValueRecord record)
    {
        int size = BytesFieldSize(record.Key.Length) + IntegerFieldSize(record.CreateRevision)
            + IntegerFieldSize(record.ModRevision) + IntegerFieldSize(record.Version) + IntegerFieldSize(record.Lease);
        Span<byte> span = destination.GetSpan(1 + Varint.SizeMax + size);
        span[0] = fieldTag;
        int at = 1 + Varint.Write(span[1..], (ulong)size);
        Span<byte> rest = WriteBytes(span[at..], KeyTag, record.Key);
        rest = WriteInteger(rest, CreateRevisionTag, record.CreateRevision);
        rest = WriteInteger(rest, ModRevisionTag, record.ModRevision);
        rest = WriteInteger(rest, VersionTag, record.Version);
        WriteInteger(rest, LeaseTag, record.Lease);
        destination.Advance(at + size);
    }

    private static bool TryReadBytes(scoped ref ReadOnlySpan<byte> source, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!Varint.TryRead(ref source, out ulong length) || length > (ulong)source.Length)
        {
            return false;
        }

        bytes = source[..(int)length];
        source = source[(int)length..];
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> source, ulong tag)
    {
        const int Fixed64 = 1;
        const int Bytes = 2;
        const int Fixed32 = 5;
        if (tag >> 3 == 0)
        {
            // No field has number 0: these are zeros that were taken for a part of the record.
            return false;
        }

        int wireType = (int)(tag & 7);
        int fixedBytes = wireType == Fixed64 ? 8 : wireType == Fixed32 ? 4 : 0;
        if (fixedBytes > 0)
        {
            bool fits = source.Length >= fixedBytes;
            source = fits ? source[fixedBytes..] : source;
            return fits;
        }

        return wireType switch
        {
            0 => Varint.TryRead(ref source, out _),
            Bytes => TryReadBytes(ref source, out _),
            _ => false,
        };
    }

    private static int BytesFieldSize(int length) => length == 0 ? 0 : 1 + Varint.SizeOf((ulong)length) + length;

    private static int IntegerFieldSize(long value) => value == 0 ? 0 : 1 + Varint.SizeOf((ulong)value);

    private static Span<byte> WriteBytes(Span<byte> destination, int tag, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return destination;
        }

        destination[0] = (byte)tag;
        int at = 1 + Varint.Write(destination[1..], (ulong)bytes.Length);
        bytes.CopyTo(destination[at..]);
        return destination[(at + bytes.Length)..];
    }

    private static Span<byte> WriteInteger(Span<byte> destination, int tag, long value)
    {
        if (value == 0)
        {
            return destination;
        }

        destination[0] = (byte)tag;
        int written = Varint.Write(destination[1..], (ulong)value);
        return destination[(1 + written)..];
    }
}
