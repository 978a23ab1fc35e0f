namespace Etcd.Simulation.Schedule;

/// <summary>Random numbers whose sequence is fixed by the seed on every runtime (SplitMix64).</summary>
internal sealed class SimulationRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>A number from <paramref name="least"/> up to and including <paramref name="most"/>.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>A time from <paramref name="least"/> up to and including <paramref name="most"/>.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromTicks((long)(Next() % (ulong)((most - least).Ticks + 1)));

    /// <summary>True with a chance of so many in a hundred.</summary>
    public bool Percent(double chance) => Next() % 1_000_000 < chance * 10_000;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>A source of its own, so that what one part of a run draws does not shift what another one draws.</summary>
    public SimulationRandom Fork() => new(Next());
}
