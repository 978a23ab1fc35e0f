namespace Etcd.Simulation.Schedule;

/// <summary>What happened in a run, as a hash that two runs of one seed share, and as text when somebody wants to read it.</summary>
internal sealed class RunTrace
{
    private readonly TextWriter? _text;
    private ulong _hash = 0xCBF29CE484222325;

    public RunTrace(TextWriter? text = null) => _text = text;

    /// <summary>Hash over everything noted so far.</summary>
    public ulong Hash => _hash;

    /// <summary>Whether texts are wanted; they are costly to make.</summary>
    public bool IsRead => _text is not null;

    public void Mix(ulong value)
    {
        // FNV-1a over whole words.
        _hash = (_hash ^ value) * 0x100000001B3;
        _hash ^= _hash >> 29;
    }

    public void Mix(string value)
    {
        foreach (char c in value)
        {
            _hash = (_hash ^ c) * 0x100000001B3;
        }
    }

    /// <summary>Notes a line for readers; it does not count for the hash.</summary>
    public void Tell(long nowTicks, string line) => _text?.WriteLine($"{nowTicks / (double)TimeSpan.TicksPerSecond,10:0.000000}  {line}");
}
