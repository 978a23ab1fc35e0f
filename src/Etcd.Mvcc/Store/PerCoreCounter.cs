namespace Etcd.Mvcc;

/// <summary>A number that many threads add to and few read: each core adds on a cache line of its own, so that cores do not wait for each other.</summary>
public sealed class PerCoreCounter
{
    private const int LongsPerCell = 16; // two lines of 64 bytes: neighbours are fetched in pairs

    private readonly long[] _cells = new long[(Environment.ProcessorCount + 1) * LongsPerCell];

    /// <summary>The sum. Additions of other threads under way may be missing.</summary>
    public long Value
    {
        get
        {
            long sum = 0;
            for (int cell = LongsPerCell; cell < _cells.Length; cell += LongsPerCell)
            {
                sum += Interlocked.Read(ref _cells[cell]);
            }

            return sum;
        }
    }

    /// <summary>Adds. Any thread.</summary>
    public void Add(long amount)
    {
        // The thread may move to another core before it adds: the addition is interlocked all the same, and hardly ever contended. The first
        // cell stays empty, since the array's length stands beside it.
        int core = Thread.GetCurrentProcessorId() % Environment.ProcessorCount;
        Interlocked.Add(ref _cells[(core + 1) * LongsPerCell], amount);
    }
}
