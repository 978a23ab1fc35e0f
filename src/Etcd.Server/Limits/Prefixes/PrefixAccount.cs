using Etcd.Protocol.Errors;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>What is stored under one prefix, and what requests under way have been promised. Any thread.</summary>
internal sealed class PrefixAccount(PrefixQuota quota, PrefixAccount? outer)
{
    private readonly Lock _lock = new();
    private long _keys;
    private long _bytes;
    private long _claimedKeys;
    private long _claimedBytes;

    internal PrefixQuota Quota { get; } = quota;

    /// <summary>The account of the longest prefix that this one begins with; <see langword="null"/> for none.</summary>
    internal PrefixAccount? Outer { get; } = outer;

    internal PrefixUsage Usage
    {
        get
        {
            lock (_lock)
            {
                return new PrefixUsage(Quota, PrefixText.Quote(Quota.Prefix.Span), _keys, _bytes);
            }
        }
    }

    /// <summary>Counts what has changed, or was counted in what was there before.</summary>
    internal void Add(long keys, long bytes)
    {
        lock (_lock)
        {
            _keys += keys;
            _bytes += bytes;
        }
    }

    /// <summary>Promises room to a request, if there is some. What grows nothing always has it, so that who is over a quota can get below again.</summary>
    /// <returns><see langword="null"/>, or why not.</returns>
    internal EtcdException? TryClaim(long keys, long bytes)
    {
        lock (_lock)
        {
            if (keys > 0 && Quota.KeysMax > 0 && _keys + _claimedKeys + keys > Quota.KeysMax)
            {
                return Refusal(_keys, Quota.KeysMax, "keys");
            }

            if (bytes > 0 && Quota.BytesMax > 0 && _bytes + _claimedBytes + bytes > Quota.BytesMax)
            {
                return Refusal(_bytes, Quota.BytesMax, "bytes");
            }

            _claimedKeys += Math.Max(0, keys);
            _claimedBytes += Math.Max(0, bytes);
            return null;
        }
    }

    /// <summary>Takes a promise back: the request is done, and what it came to is counted.</summary>
    internal void Release(long keys, long bytes)
    {
        lock (_lock)
        {
            _claimedKeys -= Math.Max(0, keys);
            _claimedBytes -= Math.Max(0, bytes);
        }
    }

    private EtcdException Refusal(long used, long allowed, string what) => new(
        EtcdErrorCode.PrefixQuotaExceeded, $"{PrefixText.Quote(Quota.Prefix.Span)} has {used} of {allowed} {what}, and the request needs more");
}
