namespace Etcd.Server.Consensus;

/// <summary>Tells whether the leader's appends come one at a time. Any thread.</summary>
/// <remarks>The thread that brings a lone append may as well carry it to the disk. Of several it must carry none: the others would wait behind
/// it in the socket, each for a sync of its own, instead of gathering for one.</remarks>
internal sealed class AppendPace(TimeProvider time)
{
    /// <summary>What follows the end of the last one this closely was there before it ended.</summary>
    private static readonly TimeSpan FollowedAtOnce = TimeSpan.FromMicroseconds(30);

    /// <summary>How long appends gather once they were found to come fast.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    private readonly long _followedAtOnce = (long)(FollowedAtOnce.TotalSeconds * time.TimestampFrequency);
    private readonly long _gathering = (long)(Gathering.TotalSeconds * time.TimestampFrequency);
    private long _carriedAt = long.MinValue / 2;
    private long _gathersUntil = long.MinValue;

    /// <summary>Whether an append that arrives now is alone.</summary>
    internal bool IsAlone()
    {
        long now = time.GetTimestamp();
        if (now < Volatile.Read(ref _gathersUntil))
        {
            return false;
        }

        if (now - Volatile.Read(ref _carriedAt) >= _followedAtOnce)
        {
            return true;
        }

        Volatile.Write(ref _gathersUntil, now + _gathering);
        return false;
    }

    /// <summary>Takes note that one has been carried to its end.</summary>
    internal void Carried() => Volatile.Write(ref _carriedAt, time.GetTimestamp());
}
