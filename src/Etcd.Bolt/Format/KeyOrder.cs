using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Etcd.Bolt.Format;

/// <summary>The order of keys: unsigned bytes, a prefix before what it begins.</summary>
internal static class KeyOrder
{
    /// <summary>Negative, zero or positive as <paramref name="left"/> comes before, equals or comes after <paramref name="right"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        // Eight bytes read big-endian compare as the bytes do. Revision keys nearly always differ there, which saves the call.
        if (left.Length >= sizeof(ulong) && right.Length >= sizeof(ulong))
        {
            ulong leftHead = BinaryPrimitives.ReadUInt64BigEndian(left);
            ulong rightHead = BinaryPrimitives.ReadUInt64BigEndian(right);
            if (leftHead != rightHead)
            {
                return leftHead < rightHead ? -1 : 1;
            }
        }

        return left.SequenceCompareTo(right);
    }
}
