using System.Collections.Concurrent;
using System.Net;

using Etcd.Auth;

namespace Etcd.Api.Limits.Rates;

/// <summary>The buckets of one set of limits, and who draws on which. Any thread; callers seen before cost one look-up.</summary>
/// <remarks>Bounded: users are those of the cluster, and of addresses so many are kept; when there are more, those that have nothing left to pay are forgotten,
/// and if there are none, further ones share a bucket.</remarks>
internal sealed class RateBook
{
    /// <summary>Addresses kept.</summary>
    internal const int AddressesMax = 4096;

    private const int CallersMax = 4096;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private static readonly IPAddress Local = IPAddress.IPv6None;

    private readonly RateLimits _limits;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, RateBucket> _users;
    private readonly Dictionary<string, RateBucket> _roles;
    private readonly ConcurrentDictionary<string, RateBucket> _usersByDefault = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IPAddress, (RateBucket Bucket, RateAccount Account)> _addresses = new();
    private readonly RateAccount? _otherAddresses;
    private volatile Callers? _callers;
    private long _sweptAt;

    internal RateBook(RateLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _sweptAt = time.GetTimestamp() - time.TimestampFrequency;
        _users = limits.Users.ToDictionary(user => user.Key, user => new RateBucket($"user \"{user.Key}\"", user.Value, time), StringComparer.Ordinal);
        _roles = limits.Roles.ToDictionary(role => role.Key, role => new RateBucket($"role \"{role.Key}\"", role.Value, time), StringComparer.Ordinal);
        _otherAddresses = limits.Default is { } rate ? new RateAccount(Caller.Anonymous, [new RateBucket("each further address", rate, time)]) : null;
    }

    /// <summary>The account of a caller.</summary>
    /// <param name="rules">Users and roles as they are now.</param>
    /// <param name="caller">The caller, recognised under them.</param>
    /// <param name="source">Where it calls from.</param>
    /// <returns><see langword="null"/> when no limit is for it.</returns>
    internal RateAccount? AccountOf(AuthView rules, Caller caller, EndPoint? source)
    {
        if (caller.IsAnonymous || !rules.IsEnabled)
        {
            return _limits.Default is { } rate ? OfAddress(source is IPEndPoint { Address: var address } ? SourceAddress.Of(address) : Local, rate) : null;
        }

        Callers? callers = _callers;
        if (callers is null || callers.Rules != rules || callers.Accounts.Count > CallersMax)
        {
            _callers = callers = new Callers(rules);
        }

        if (!callers.Accounts.TryGetValue(caller, out RateAccount? account))
        {
            RateBucket[] buckets = BucketsOf(rules, caller);
            account = buckets.Length > 0 ? new RateAccount(caller, buckets) : null;
            callers.Accounts.TryAdd(caller, account);
        }

        return account;
    }

    private RateBucket[] BucketsOf(AuthView rules, Caller caller)
    {
        string name = caller.UserName!;
        if (!rules.Users.TryGetValue(name, out AuthUser? user))
        {
            // A token outlives its user: nothing is done for it, and its name must not fill a table.
            return _otherAddresses is null ? [] : [new RateBucket($"user \"{name}\"", _limits.Default!, _time)];
        }

        var buckets = new List<RateBucket>();
        if (_users.TryGetValue(name, out RateBucket? own))
        {
            buckets.Add(own);
        }

        buckets.AddRange(user.Roles.Select(role => _roles.GetValueOrDefault(role)).OfType<RateBucket>());
        if (buckets.Count == 0 && _limits.Default is { } rate)
        {
            buckets.Add(_usersByDefault.GetOrAdd(name, name => new RateBucket($"user \"{name}\"", rate, _time)));
        }

        return [.. buckets];
    }

    private RateAccount OfAddress(IPAddress address, Rate rate)
    {
        if (_addresses.TryGetValue(address, out (RateBucket Bucket, RateAccount Account) known))
        {
            return known.Account;
        }

        if (_addresses.Count >= AddressesMax)
        {
            // Once in a while: a flood of new addresses must not cost a walk through all for each.
            long now = _time.GetTimestamp();
            long last = Interlocked.Read(ref _sweptAt);
            if (_time.GetElapsedTime(last, now) < SweepInterval || Interlocked.CompareExchange(ref _sweptAt, now, last) != last)
            {
                return _otherAddresses!;
            }

            foreach ((IPAddress idle, (RateBucket bucket, _)) in _addresses)
            {
                if (bucket.IsFull)
                {
                    _addresses.TryRemove(idle, out _);
                }
            }

            if (_addresses.Count >= AddressesMax)
            {
                return _otherAddresses!;
            }
        }

        string name = ReferenceEquals(address, Local) ? "each local client" : $"address {address}";
        var own = new RateBucket(name, rate, _time);
        return _addresses.GetOrAdd(address, (own, new RateAccount(Caller.Anonymous, [own]))).Account;
    }

    private sealed class Callers(AuthView rules)
    {
        internal AuthView Rules { get; } = rules;

        internal ConcurrentDictionary<Caller, RateAccount?> Accounts { get; } = new();
    }
}
