using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The plain HTTP paths of the client port.</summary>
public sealed class ClientHttpFace
{
    private readonly VersionEndpoint _version;
    private readonly HealthEndpoint _health;

    /// <summary>Creates the face of a member.</summary>
    public ClientHttpFace(EtcdServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _version = new VersionEndpoint(server);
        _health = new HealthEndpoint(server);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Path.Value switch
        {
            "/version" => _version.HandleAsync(context),
            "/health" => _health.HandleAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
