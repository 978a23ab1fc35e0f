namespace Etcd.Simulation.Network;

/// <summary>Which machine reaches which, and since when.</summary>
internal sealed class Links(int hosts)
{
    private readonly bool[,] _isCut = new bool[hosts, hosts];
    private readonly long[,] _since = new long[hosts, hosts];

    /// <summary>Whether messages of one machine reach the other.</summary>
    public bool IsOpen(int from, int to) => !_isCut[from, to];

    /// <summary>True time since which the two have reached each other without a break.</summary>
    public long OpenSince(int one, int other) => Math.Max(_since[one, other], _since[other, one]);

    public void Cut(int from, int to) => _isCut[from, to] = true;

    public void Mend(int from, int to, long nowTicks)
    {
        if (_isCut[from, to])
        {
            _isCut[from, to] = false;
            _since[from, to] = nowTicks;
        }
    }

    public void MendAll(long nowTicks)
    {
        for (int from = 0; from < hosts; from++)
        {
            for (int to = 0; to < hosts; to++)
            {
                Mend(from, to, nowTicks);
            }
        }
    }

    /// <summary>Notes that a machine's process begins anew: its connections are made from now on.</summary>
    public void Restart(int host, long nowTicks)
    {
        for (int other = 0; other < hosts; other++)
        {
            _since[host, other] = nowTicks;
        }
    }
}
