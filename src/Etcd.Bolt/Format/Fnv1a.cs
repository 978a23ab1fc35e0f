namespace Etcd.Bolt.Format;

/// <summary>The 64-bit FNV-1a hash, bbolt's checksum of a meta.</summary>
internal static class Fnv1a
{
    private const ulong OffsetBasis = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    internal static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = OffsetBasis;
        foreach (byte b in bytes)
        {
            hash = unchecked((hash ^ b) * Prime);
        }

        return hash;
    }
}
