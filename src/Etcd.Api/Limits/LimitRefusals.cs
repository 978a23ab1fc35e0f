using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits;

/// <summary>Counts the calls that limits have refused, where refusals become statuses. Any thread; no lock.</summary>
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

    private readonly long[] _counts = new long[Limits.Length];

    /// <summary>Each limit's name and how many calls it has refused.</summary>
    public IEnumerable<(string Limit, long Refusals)> All =>
        Limits.Select((limit, at) => (limit.Limit, Interlocked.Read(ref _counts[at])));

    /// <summary>Counts a refusal; others than those of limits are nothing to it.</summary>
    public void Count(EtcdErrorCode code)
    {
        int at = Array.FindIndex(Limits, limit => limit.Code == code);
        if (at >= 0)
        {
            Interlocked.Increment(ref _counts[at]);
        }
    }

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
