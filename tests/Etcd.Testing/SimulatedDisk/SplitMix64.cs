namespace Etcd.Testing.SimulatedDisk;

/// <summary>A small random source whose sequence is fixed by its seed on every runtime.</summary>
internal struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    internal ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="bound"/>.</summary>
    internal int Below(int bound) => (int)(Next() % (ulong)bound);

    internal bool Percent(int chance) => Below(100) < chance;
}
