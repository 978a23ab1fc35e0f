using Etcd.Api.Limits.Rates;
using Etcd.Server.Limits.Prefixes;

namespace Etcd.Hosting.Limits;

/// <summary>What a file of limits says.</summary>
/// <param name="Rates">Rates of users, roles and all others.</param>
/// <param name="Quotas">Quotas of prefixes.</param>
internal sealed record LimitsDocument(RateLimits Rates, IReadOnlyList<PrefixQuota> Quotas);
