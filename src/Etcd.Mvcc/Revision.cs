using System.Buffers.Binary;

namespace Etcd.Mvcc;

/// <summary>An MVCC revision: the transaction and the change inside it.</summary>
/// <param name="Main">Store-wide transaction number, from 1; it never repeats and never goes back.</param>
/// <param name="Sub">Position of the change inside the transaction, from 0.</param>
public readonly record struct Revision(long Main, long Sub) : IComparable<Revision>
{
    /// <summary>Encoded length in bytes: 8, one separator, 8; big-endian, as in the key bucket.</summary>
    public const int SizeBytes = 17;

    /// <summary>Encoded length in bytes of a tombstone's revision: one mark byte more.</summary>
    public const int TombstoneSizeBytes = SizeBytes + 1;

    private const byte Separator = (byte)'_';
    private const byte TombstoneMark = (byte)'t';

    /// <summary>Reads the backend key form; the tombstone's is accepted too.</summary>
    /// <returns><see langword="false"/> when the bytes are not a revision.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out Revision revision, out bool isTombstone)
    {
        isTombstone = source.Length == TombstoneSizeBytes && source[SizeBytes] == TombstoneMark;
        if ((source.Length != SizeBytes && !isTombstone) || source[8] != Separator)
        {
            revision = default;
            return false;
        }

        revision = new Revision(BinaryPrimitives.ReadInt64BigEndian(source), BinaryPrimitives.ReadInt64BigEndian(source[9..]));
        return true;
    }

    /// <summary>Writes the backend key form, <see cref="SizeBytes"/> or <see cref="TombstoneSizeBytes"/> bytes.</summary>
    /// <returns>Bytes written.</returns>
    public int WriteTo(Span<byte> destination, bool isTombstone = false)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, Main);
        destination[8] = Separator;
        BinaryPrimitives.WriteInt64BigEndian(destination[9..], Sub);
        if (!isTombstone)
        {
            return SizeBytes;
        }

        destination[SizeBytes] = TombstoneMark;
        return TombstoneSizeBytes;
    }

    /// <inheritdoc/>
    public int CompareTo(Revision other) => Main != other.Main ? Main.CompareTo(other.Main) : Sub.CompareTo(other.Sub);

    /// <summary>Earlier than.</summary>
    public static bool operator <(Revision left, Revision right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(Revision left, Revision right) => left.CompareTo(right) > 0;

    /// <summary>Earlier than or the same.</summary>
    public static bool operator <=(Revision left, Revision right) => left.CompareTo(right) <= 0;

    /// <summary>Later than or the same.</summary>
    public static bool operator >=(Revision left, Revision right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Main}_{Sub}";
}
