namespace Etcd.Mvcc;

/// <summary>Writes mvccpb.Event around records that are already encoded.</summary>
internal static class EventEncoding
{
    private const byte TypeTag = (1 << 3) | 0;
    private const byte KeyValueTag = (2 << 3) | 2;
    private const byte PreviousTag = (3 << 3) | 2;
    private const byte DeleteType = 1;

    /// <summary>Encodes an event.</summary>
    /// <param name="isDelete">Sets the type; a put's type is the default and left out.</param>
    /// <param name="keyValue">Body of field kv.</param>
    /// <param name="previous">Body of field prev_kv; left out when empty, for no record is empty.</param>
    public static byte[] Encode(bool isDelete, ReadOnlySpan<byte> keyValue, ReadOnlySpan<byte> previous)
    {
        int size = (isDelete ? 2 : 0) + FieldSize(keyValue.Length) + (previous.IsEmpty ? 0 : FieldSize(previous.Length));
        byte[] encoded = new byte[size];
        Span<byte> rest = encoded;
        if (isDelete)
        {
            rest[0] = TypeTag;
            rest[1] = DeleteType;
            rest = rest[2..];
        }

        rest = WriteField(rest, KeyValueTag, keyValue);
        if (!previous.IsEmpty)
        {
            WriteField(rest, PreviousTag, previous);
        }

        return encoded;
    }

    private static int FieldSize(int bodyBytes) => 1 + Varint.SizeOf((ulong)bodyBytes) + bodyBytes;

    private static Span<byte> WriteField(Span<byte> destination, byte tag, ReadOnlySpan<byte> body)
    {
        destination[0] = tag;
        int at = 1 + Varint.Write(destination[1..], (ulong)body.Length);
        body.CopyTo(destination[at..]);
        return destination[(at + body.Length)..];
    }
}
