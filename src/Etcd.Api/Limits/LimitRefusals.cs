using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits;

/// <summary>Counts the calls that limits have refused, where refusals become statuses, and those refused before. Any thread; no lock.</summary>
public sealed class LimitRefusals
{
    private static readonly (EtcdErrorCode Code, string Limit)[] Limits =
    [
        (EtcdErrorCode.RequestTooLarge, "request_bytes"),
        (EtcdErrorCode.TooManyOps, "txn_operations"),
        (EtcdErrorCode.TooManyRequests, "requests_in_flight"),
        (EtcdErrorCode.TooManyLearners, "learners"),
        (EtcdErrorCode.NoSpace, "backend_quota"),
        (EtcdErrorCode.PrefixQuotaExceeded, "prefix_quota"),
        (EtcdErrorCode.RateLimited, "rate"),
        (EtcdErrorCode.ReplyMemoryExceeded, "reply_memory"),
    ];

    // Refused before it is a call that a handler or a status could be for: it has no error of etcd's.
    private const string StreamLimit = "concurrent_streams";

    private readonly long[] _counts = new long[Limits.Length];
    private long _streams;

    /// <summary>Each limit's name and how many calls it has refused.</summary>
    public IEnumerable<(string Limit, long Refusals)> All =>
        Limits.Select((limit, at) => (limit.Limit, Interlocked.Read(ref _counts[at]))).Append((StreamLimit, Interlocked.Read(ref _streams)));

    /// <summary>Counts a refusal; others than those of limits are nothing to it.</summary>
    public void Count(EtcdErrorCode code)
    {
        int at = Array.FindIndex(Limits, limit => limit.Code == code);
        if (at >= 0)
        {
            Interlocked.Increment(ref _counts[at]);
        }
    }

    /// <summary>Counts a call beyond those that one connection may have at a time.</summary>
    public void CountStream() => Interlocked.Increment(ref _streams);

    /// <summary>As <see cref="ErrorTranslation.ToStatus(RpcServerCall, Exception)"/>, counted.</summary>
    public RpcException? ToStatus(RpcServerCall call, Exception failure)
    {
        if (failure is EtcdException refusal)
        {
            Count(refusal.Code);
        }

        return ErrorTranslation.ToStatus(call, failure);
    }
}
