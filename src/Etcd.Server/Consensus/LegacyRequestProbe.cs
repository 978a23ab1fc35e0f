namespace Etcd.Server.Consensus;

/// <summary>Tells a raw v2 request from an <c>InternalRaftRequest</c> in a log entry. Both are protobuf messages without a mark; a lenient
/// parser accepts some v2 requests as the other, so the method name decides.</summary>
internal static class LegacyRequestProbe
{
    private const byte IdTag = 0x08;
    private const byte MethodTag = 0x12;

    /// <summary>Whether field 2 of <paramref name="entryData"/> is one of the method names of a v2 request.</summary>
    internal static bool IsLegacyRequest(ReadOnlySpan<byte> entryData)
    {
        if (entryData.IsEmpty || entryData[0] != IdTag)
        {
            return false;
        }

        int position = 1;
        while (position < entryData.Length && entryData[position] >= 0x80)
        {
            position++;
        }

        position++;
        if (position + 1 >= entryData.Length || entryData[position] != MethodTag)
        {
            return false;
        }

        int length = entryData[position + 1];
        ReadOnlySpan<byte> method = entryData[(position + 2)..];
        return length <= method.Length && IsMethod(method[..length]);
    }

    private static bool IsMethod(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("PUT"u8)
        || name.SequenceEqual("POST"u8)
        || name.SequenceEqual("DELETE"u8)
        || name.SequenceEqual("QGET"u8)
        || name.SequenceEqual("SYNC"u8);
}
