using Etcd.Raft.Encoding;

namespace Etcd.Raft;

/// <summary>Sizes of entries for limits: encoded (as in messages and on disk) and payload only.</summary>
internal static class EntrySize
{
    /// <summary>Bytes of one entry in its encoded form.</summary>
    public static ulong Encoded(in Entry entry) => (ulong)RaftCodec.SizeOf(in entry);

    /// <summary>Sum of <see cref="Encoded(in Entry)"/>.</summary>
    public static ulong Encoded(ReadOnlySpan<Entry> entries)
    {
        ulong bytes = 0;
        foreach (ref readonly Entry entry in entries)
        {
            bytes += Encoded(in entry);
        }

        return bytes;
    }

    /// <summary>Sum of the payload lengths.</summary>
    public static ulong Payload(ReadOnlySpan<Entry> entries)
    {
        ulong bytes = 0;
        foreach (ref readonly Entry entry in entries)
        {
            bytes += (ulong)entry.Data.Length;
        }

        return bytes;
    }

    /// <summary>How many of the leading entries fit into <paramref name="bytesMax"/> encoded bytes; at least one of a non-empty list.</summary>
    public static int CountWithin(ReadOnlySpan<Entry> entries, ulong bytesMax)
    {
        if (bytesMax == ulong.MaxValue)
        {
            return entries.Length;
        }

        ulong bytes = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            bytes += Encoded(in entries[i]);
            if (i > 0 && bytes > bytesMax)
            {
                return i;
            }
        }

        return entries.Length;
    }
}
