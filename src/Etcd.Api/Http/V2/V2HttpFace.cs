using Etcd.Api.Http.V2.Access;
using Etcd.Api.Limits;
using Etcd.Api.Metrics;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>The v2 API on the client port.</summary>
internal sealed class V2HttpFace
{
    private const string KeysPath = "/v2/keys";

    private readonly V2Gatekeeper _gatekeeper;
    private readonly V2RateGate? _rates;
    private readonly KeysEndpoint _keys;
    private readonly MembersEndpoint _members;
    private readonly V2AuthEndpoint _auth;
    private readonly MachinesEndpoint _machines;
    private readonly StatisticsEndpoint _statistics;

    internal V2HttpFace(EtcdServer server, V2HttpMetrics metrics, ServiceLimits? limits = null)
    {
        _rates = limits is null ? null : new V2RateGate(server, limits);
        _gatekeeper = new V2Gatekeeper(server);
        _keys = new KeysEndpoint(server, _gatekeeper, metrics, limits);
        _members = new MembersEndpoint(server, _gatekeeper);
        _auth = new V2AuthEndpoint(server, _gatekeeper);
        _machines = new MachinesEndpoint(server);
        _statistics = new StatisticsEndpoint(server);
    }

    /// <summary>Whether a path is one of the v2 API.</summary>
    internal static bool Owns(PathString path) => path.StartsWithSegments("/v2", StringComparison.Ordinal);

    /// <summary>Answers a request whose path is below <c>/v2</c>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="path">Its path, decoded and clean.</param>
    internal Task HandleAsync(HttpContext context, string path) => _rates is { IsOn: true }
        ? _rates.HandleAsync(context, limited => AnswerAsync(limited, path))
        : AnswerAsync(context, path);

    private async Task AnswerAsync(HttpContext context, string path)
    {
        if (await _gatekeeper.AllowAsync(context).ConfigureAwait(false))
        {
            await RouteAsync(context, path).ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        if (path == KeysPath || path.StartsWith(KeysPath + "/", StringComparison.Ordinal))
        {
            return _keys.HandleAsync(context, path[KeysPath.Length..]);
        }

        if (path == MembersEndpoint.Path || path.StartsWith(MembersEndpoint.Path + "/", StringComparison.Ordinal))
        {
            return _members.HandleAsync(context, path[MembersEndpoint.Path.Length..].TrimStart('/'));
        }

        if (path.StartsWith(V2AuthEndpoint.Path + "/", StringComparison.Ordinal))
        {
            return _auth.HandleAsync(context, path[(V2AuthEndpoint.Path.Length + 1)..]);
        }

        return path switch
        {
            "/v2/machines" => _machines.HandleAsync(context),
            "/v2/stats/self" => _statistics.SelfAsync(context),
            "/v2/stats/leader" => _statistics.LeaderAsync(context),
            "/v2/stats/store" => _statistics.StoreAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
