using Etcd.Grpc;

namespace Etcd.Client.Calls;

/// <summary>The time a call has left, over all its attempts.</summary>
internal readonly struct CallDeadline(TimeProvider time, TimeSpan? limit)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>The time left, never below zero; <see langword="null"/>: no limit.</summary>
    public TimeSpan? Remaining
    {
        get
        {
            TimeSpan? left = limit - time.GetElapsedTime(_start);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>No time is left.</summary>
    public bool HasPassed => Remaining == TimeSpan.Zero;

    /// <summary>The error of a call that ran out of time while <paramref name="last"/> kept it from succeeding.</summary>
    public static RpcException Passed(RpcException last) =>
        new(RpcStatusCode.DeadlineExceeded, "latest balancer error: " + last.Message, inner: last);
}
