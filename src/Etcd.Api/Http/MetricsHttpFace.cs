using Etcd.Api.Metrics;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The paths of a <c>--listen-metrics-urls</c> port: <c>/metrics</c> and <c>/health</c>, nothing of the data.</summary>
public sealed class MetricsHttpFace
{
    private readonly HealthEndpoint _health;
    private readonly MetricsEndpoint _metrics;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    public MetricsHttpFace(EtcdServer server, MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(metrics);
        _health = new HealthEndpoint(server);
        _metrics = new MetricsEndpoint(metrics);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Path.Value switch
        {
            "/health" => _health.HandleAsync(context),
            "/metrics" => _metrics.HandleAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
