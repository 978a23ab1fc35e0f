using Etcd.Api.Limits.Rates;

namespace Etcd.Api.Limits;

/// <summary>The limits of a member's services that lie beyond etcd's.</summary>
public sealed class ServiceLimits
{
    /// <summary>Creates the limits.</summary>
    /// <param name="replyBytesMax">What all large replies together may hold, in bytes; <see cref="long.MaxValue"/> for no bound.</param>
    /// <param name="time">The clock.</param>
    public ServiceLimits(long replyBytesMax, TimeProvider time)
    {
        Replies = new ReplyMemory(replyBytesMax, time);
        Rates = new RateLimiter(time);
    }

    /// <summary>Memory of replies.</summary>
    public ReplyMemory Replies { get; }

    /// <summary>How fast callers may ask.</summary>
    public RateLimiter Rates { get; }

    /// <summary>What was refused for which limit.</summary>
    public LimitRefusals Refusals { get; } = new();
}
