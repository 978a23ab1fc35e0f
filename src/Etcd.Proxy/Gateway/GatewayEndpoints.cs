namespace Etcd.Proxy.Gateway;

/// <summary>The members behind the gateway, in turn; those that could not be reached stand back for a while.</summary>
internal sealed class GatewayEndpoints(GatewayOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly GatewayEndpoint[] _all = [.. options.Endpoints.Select(address => new GatewayEndpoint(address))];
    private int _last = -1;

    /// <summary>The next member to try.</summary>
    /// <returns><see langword="null"/> when all stand back.</returns>
    internal GatewayEndpoint? Next()
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            for (int step = 0; step < _all.Length; step++)
            {
                _last = (_last + 1) % _all.Length;
                GatewayEndpoint candidate = _all[_last];
                if (candidate.AwayUntil is not { } until || until <= now)
                {
                    candidate.AwayUntil = null;
                    return candidate;
                }
            }

            return null;
        }
    }

    /// <summary>A member could not be reached.</summary>
    internal void StandBack(GatewayEndpoint endpoint)
    {
        lock (_lock)
        {
            endpoint.AwayUntil = time.GetUtcNow() + options.RetryDelay;
        }
    }
}
