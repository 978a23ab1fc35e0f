namespace Etcd.Server.Consensus;

/// <summary>Makes request ids that other members, and earlier lives of this one, do not make as a rule.</summary>
/// <remarks>
/// Layout, as in etcd: the low 16 bits of the member id, then 40 bits of Unix milliseconds at start and 8 bits of counter. The counter
/// carries over into the milliseconds, so an id repeats only if a member serves more than 256 requests a millisecond for its whole life
/// and then restarts. Not ruled out: ids of members that agree in those 16 bits, and those of a member whose clock was set back before it
/// restarted. Nothing may be wrong for a collision: an entry of the log is taken for a request by its bytes.
/// </remarks>
public sealed class RequestIdGenerator
{
    private const int CounterBits = 48;
    private const ulong CounterMask = (1UL << CounterBits) - 1;

    private readonly ulong _prefix;
    private ulong _counter;

    /// <summary>Creates the generator of one member's life.</summary>
    /// <param name="memberId">The member.</param>
    /// <param name="startedAt">When this life began.</param>
    public RequestIdGenerator(ulong memberId, DateTimeOffset startedAt)
    {
        _prefix = memberId << CounterBits;
        _counter = ((ulong)startedAt.ToUnixTimeMilliseconds() << 8) & CounterMask;
    }

    /// <summary>The next id; safe on any thread.</summary>
    public ulong Next() => _prefix | (Interlocked.Increment(ref _counter) & CounterMask);
}
