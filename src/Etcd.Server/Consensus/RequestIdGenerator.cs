namespace Etcd.Server.Consensus;

/// <summary>Makes request ids that no other member, and no earlier life of this one, makes.</summary>
/// <remarks>
/// Layout, as in etcd: the low 16 bits of the member id, then 40 bits of Unix milliseconds at start and 8 bits of counter. The counter
/// carries over into the milliseconds, so an id repeats only if a member serves more than 256 requests a millisecond for its whole life
/// and then restarts.
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
