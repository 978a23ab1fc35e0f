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

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    public ClientHttpFace(EtcdServer server, MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(metrics);
        _version = new VersionEndpoint(server);
        _health = new HealthEndpoint(server);
        _metrics = new MetricsEndpoint(metrics);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Path.Value switch
        {
            "/version" => _version.HandleAsync(context),
            "/health" => _health.HandleAsync(context),
            "/metrics" => _metrics.HandleAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
