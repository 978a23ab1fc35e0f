using System.Numerics;
using System.Runtime.InteropServices;

namespace Etcd.Disk;

/// <summary>CRC-32C (Castagnoli, reflected, initial and final value all ones): the checksum of etcd's log, snapshot files
/// and hashes. Uses the processor's own instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>Checksum of <paramref name="bytes"/> following those whose checksum is <paramref name="crc"/>.</summary>
    /// <param name="crc">Checksum so far; 0 to begin.</param>
    /// <param name="bytes">The bytes that follow.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            state = BitOperations.Crc32C(state, word);
        }

        foreach (byte last in bytes[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, last);
        }

        return ~state;
    }
}
