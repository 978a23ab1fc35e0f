using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits.Rates;

/// <summary>The rates that count for one caller. Kept from call to call. Any thread.</summary>
internal sealed class RateAccount(Caller caller, RateBucket[] buckets) : IReplyMeter
{
    /// <summary>The caller, as it was recognised.</summary>
    internal Caller Caller { get; } = caller;

    /// <summary>Takes a request of so many bytes.</summary>
    /// <exception cref="EtcdException">One of the rates is used up. What rates before it gave stays taken: who asks too often pays for asking.</exception>
    internal void Take(long bytes)
    {
        foreach (RateBucket bucket in buckets)
        {
            if (bucket.TryTake(bytes) is { } refusal)
            {
                throw refusal;
            }
        }
    }

    /// <summary>Counts a request that is carried out in any case.</summary>
    internal void Charge(long bytes)
    {
        foreach (RateBucket bucket in buckets)
        {
            bucket.ChargeRequests(1);
            bucket.ChargeBytes(bytes);
        }
    }

    /// <inheritdoc />
    public void Sent(long messageBytes)
    {
        foreach (RateBucket bucket in buckets)
        {
            bucket.ChargeBytes(messageBytes);
        }
    }
}
