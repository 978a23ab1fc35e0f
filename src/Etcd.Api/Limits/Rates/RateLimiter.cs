using System.Net;

using Etcd.Auth;

namespace Etcd.Api.Limits.Rates;

/// <summary>Limits how fast users, roles and addresses may ask. Any thread.</summary>
/// <remarks>Each member counts what it is asked itself. While there are no limits, all that is done is to see so.</remarks>
public sealed class RateLimiter(TimeProvider time)
{
    private volatile RateBook? _book;

    /// <summary>Whether anybody's rate is limited.</summary>
    public bool IsOn => _book is not null;

    /// <summary>Sets the limits; what was used of others before is forgotten.</summary>
    public void Set(RateLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _book = limits.IsEmpty ? null : new RateBook(limits, time);
    }

    /// <summary>The account of a caller; <see langword="null"/> when no limit is for it.</summary>
    internal RateAccount? AccountOf(AuthView rules, Caller caller, EndPoint? source) => _book?.AccountOf(rules, caller, source);
}
