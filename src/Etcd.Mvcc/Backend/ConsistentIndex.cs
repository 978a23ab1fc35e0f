using System.Buffers.Binary;
using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>The last raft entry whose effects are in the backend.</summary>
/// <param name="Index">Raft index, 0 before the first.</param>
/// <param name="Term">Its term; 0 in files of etcd 3.4, which does not store it.</param>
internal readonly record struct ConsistentIndex(ulong Index, ulong Term)
{
    private static readonly byte[] IndexKey = "consistent_index"u8.ToArray();
    private static readonly byte[] TermKey = "term"u8.ToArray();

    /// <summary>Tells whether a key of bucket <c>meta</c> is one of the two; hashes leave them out.</summary>
    public static bool IsKey(ReadOnlySpan<byte> metaKey) => metaKey.SequenceEqual(IndexKey) || metaKey.SequenceEqual(TermKey);

    /// <summary>Reads what the file says.</summary>
    /// <exception cref="CorruptBackendException">A value has the wrong length.</exception>
    public static ConsistentIndex Read(in BackendView view)
    {
        view.TryGet(BackendBucket.Meta, IndexKey, out ReadOnlySpan<byte> index);
        view.TryGet(BackendBucket.Meta, TermKey, out ReadOnlySpan<byte> term);
        return new ConsistentIndex(Decode(index), Decode(term));
    }

    /// <summary>Reads what a file's bucket <c>meta</c> says.</summary>
    /// <exception cref="CorruptBackendException">A value has the wrong length.</exception>
    public static ConsistentIndex Read(BoltBucket meta)
    {
        meta.TryGet(IndexKey, out ReadOnlySpan<byte> index);
        meta.TryGet(TermKey, out ReadOnlySpan<byte> term);
        return new ConsistentIndex(Decode(index), Decode(term));
    }

    /// <summary>Writes both; zeros are never written.</summary>
    public void Write(BoltBucket meta)
    {
        if (Index > 0)
        {
            meta.Put(IndexKey, Encode(Index));
        }

        if (Term > 0)
        {
            meta.Put(TermKey, Encode(Term));
        }
    }

    // A missing value, which is empty here, is one that no etcd has written yet.
    private static ulong Decode(ReadOnlySpan<byte> value) => value.Length switch
    {
        0 => 0,
        sizeof(ulong) => BinaryPrimitives.ReadUInt64BigEndian(value),
        _ => throw new CorruptBackendException($"bucket \"meta\": a raft index has 8 bytes, found {value.Length}"),
    };

    private static byte[] Encode(ulong value)
    {
        byte[] encoded = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(encoded, value);
        return encoded;
    }
}
