using Etcd.Api.Http.Debugging;
using Etcd.Api.Http.V2;
using Etcd.Api.Metrics;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The plain HTTP paths of the client port.</summary>
public sealed class ClientHttpFace
{
    private readonly VersionEndpoint _version;
    private readonly HealthEndpoint _health;
    private readonly MetricsEndpoint _metrics;
    private readonly V2HttpFace? _v2;
    private readonly DebugHttpFace? _debug;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    /// <param name="servesV2">Whether the v2 API is served.</param>
    /// <param name="debug">Answers what is below <c>/debug</c>; <see langword="null"/>: nobody does.</param>
    public ClientHttpFace(EtcdServer server, MetricsRegistry metrics, bool servesV2, DebugHttpFace? debug = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(metrics);
        _version = new VersionEndpoint(server);
        _health = new HealthEndpoint(server);
        _metrics = new MetricsEndpoint(metrics);
        _debug = debug;
        _v2 = servesV2 ? new V2HttpFace(server, new V2HttpMetrics(metrics)) : null;
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_v2 is not null && V2HttpFace.Owns(context.Request.Path))
        {
            return _v2.HandleAsync(context);
        }

        if (_debug is not null && DebugHttpFace.Owns(context.Request.Path))
        {
            return _debug.HandleAsync(context);
        }

        return context.Request.Path.Value switch
        {
            "/version" => _version.HandleAsync(context),
            "/health" => _health.HandleAsync(context),
            "/metrics" => _metrics.HandleAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
