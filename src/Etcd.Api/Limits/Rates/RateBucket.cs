using System.Globalization;

using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits.Rates;

/// <summary>What is left of one rate. Any thread.</summary>
internal sealed class RateBucket
{
    private readonly string _whose;
    private readonly Rate _rate;
    private readonly TokenBucket? _requests;
    private readonly TokenBucket? _bytes;

    /// <summary>Creates a full one.</summary>
    /// <param name="whose">Whose rate it is, as refusals name it.</param>
    /// <param name="rate">The rate.</param>
    /// <param name="time">The clock.</param>
    internal RateBucket(string whose, Rate rate, TimeProvider time)
    {
        _whose = whose;
        _rate = rate;
        _requests = rate.RequestsPerSecond > 0 ? new TokenBucket(rate.RequestsPerSecond, rate.RequestsBurst, time) : null;
        _bytes = rate.BytesPerSecond > 0 ? new TokenBucket(rate.BytesPerSecond, rate.BytesBurst, time) : null;
    }

    /// <summary>Whether nothing has been taken that has not come back.</summary>
    internal bool IsFull => _requests is not { IsFull: false } && _bytes is not { IsFull: false };

    /// <summary>Takes a request of so many bytes.</summary>
    /// <returns><see langword="null"/>, or why not.</returns>
    internal EtcdException? TryTake(long bytes)
    {
        if (_bytes is not null && !_bytes.IsSolvent(out TimeSpan wait))
        {
            return Refusal(_rate.BytesPerSecond, "bytes", wait);
        }

        if (_requests is not null && !_requests.TryTakeOne(out wait))
        {
            return Refusal(_rate.RequestsPerSecond, "requests", wait);
        }

        _bytes?.Charge(bytes);
        return null;
    }

    /// <summary>Counts requests that are carried out in any case.</summary>
    internal void ChargeRequests(int requests) => _requests?.Charge(requests);

    /// <summary>Counts bytes that are sent in any case.</summary>
    internal void ChargeBytes(long bytes) => _bytes?.Charge(bytes);

    private EtcdException Refusal(double perSecond, string what, TimeSpan wait) => new(
        EtcdErrorCode.RateLimited,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{_whose} has {perSecond:0.###} {what} a second; try again in {Math.Max(1, Math.Ceiling(wait.TotalMilliseconds)):0} ms"));
}
