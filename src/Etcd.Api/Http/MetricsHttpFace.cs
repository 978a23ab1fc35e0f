using Etcd.Api.Http.Probes;
using Etcd.Api.Metrics;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The paths of a <c>--listen-metrics-urls</c> port: <c>/metrics</c>, <c>/health</c> and the probes, nothing of the data.</summary>
public sealed class MetricsHttpFace
{
    private readonly HealthEndpoint _health;
    private readonly MetricsEndpoint _metrics;
    private readonly ProbesEndpoint _probes;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    public MetricsHttpFace(EtcdServer server, MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(metrics);
        _health = new HealthEndpoint(server);
        _metrics = new MetricsEndpoint(metrics);
        _probes = new ProbesEndpoint(server);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!RequestPath.TryDecode(context, out string path))
        {
            return PlainReplies.MalformedAsync(context);
        }

        string clean = RequestPath.Clean(path);
        if (clean != path)
        {
            return RequestPath.RedirectAsync(context, clean);
        }

        return path switch
        {
            "/health" => _health.HandleAsync(context),
            "/metrics" => _metrics.HandleAsync(context),
            _ when ProbesEndpoint.Owns(path) => _probes.HandleAsync(context, path),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
