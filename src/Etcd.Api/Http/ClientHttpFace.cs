using Etcd.Api.Gateway;
using Etcd.Api.Http.Debugging;
using Etcd.Api.Http.Probes;
using Etcd.Api.Http.V2;
using Etcd.Api.Limits;
using Etcd.Api.Metrics;
using Etcd.Grpc.Server.Tls;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The plain HTTP paths of the client port.</summary>
public sealed class ClientHttpFace
{
    // What the gateway's paths were called before they were stable.
    private const string EarlierGatewayPrefix = "/v3beta/";

    private const string CertificateIgnored =
        "CommonName of client sending a request against gateway will be ignored and not used as expected";

    private readonly EtcdServer _server;
    private readonly VersionEndpoint _version;
    private readonly HealthEndpoint _health;
    private readonly MetricsEndpoint _metrics;
    private readonly ProbesEndpoint _probes;
    private readonly BrowserRules _browsers;
    private readonly GatewayHttpFace? _gateway;
    private readonly V2HttpFace? _v2;
    private readonly DebugHttpFace? _debug;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="metrics">What <c>/metrics</c> shows.</param>
    /// <param name="servesV2">Whether the v2 API is served.</param>
    /// <param name="gateway">The v3 API as JSON; <see langword="null"/>: it is not served.</param>
    /// <param name="browsers">Which pages of the web may use it, and under which names; <see langword="null"/>: all.</param>
    /// <param name="debug">Answers what is below <c>/debug</c>; <see langword="null"/>: nobody does.</param>
    /// <param name="limits">What the v2 API may use; the gateway's are those of its calls. <see langword="null"/>: anything.</param>
    public ClientHttpFace(
        EtcdServer server,
        MetricsRegistry metrics,
        bool servesV2,
        GatewayHttpFace? gateway = null,
        BrowserRules? browsers = null,
        DebugHttpFace? debug = null,
        ServiceLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(metrics);
        _server = server;
        _version = new VersionEndpoint(server);
        _health = new HealthEndpoint(server);
        _metrics = new MetricsEndpoint(metrics);
        _probes = new ProbesEndpoint(server);
        _browsers = browsers ?? BrowserRules.Open;
        _gateway = gateway;
        _v2 = servesV2 ? new V2HttpFace(server, new V2HttpMetrics(metrics), limits) : null;
        _debug = debug;
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!RequestPath.TryDecode(context, out string path))
        {
            return PlainReplies.MalformedAsync(context);
        }

        if (path.StartsWith(EarlierGatewayPrefix, StringComparison.Ordinal))
        {
            path = string.Concat(GatewayHttpFace.Prefix, path.AsSpan(EarlierGatewayPrefix.Length));
        }

        return _browsers.TryAdmit(context, out Task? answered) ? RouteAsync(context, path) : answered;
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        string clean = _gateway is not null && path + "/" == GatewayHttpFace.Prefix ? GatewayHttpFace.Prefix : RequestPath.Clean(path);
        if (clean != path && !HttpMethods.IsConnect(context.Request.Method))
        {
            return RequestPath.RedirectAsync(context, clean);
        }

        context.Request.Path = path;
        if (_gateway is not null && GatewayHttpFace.Owns(path))
        {
            return IsMistakenCertificate(context)
                ? PlainReplies.ErrorAsync(context, StatusCodes.Status400BadRequest, CertificateIgnored)
                : _gateway.HandleAsync(context);
        }

        if (_v2 is not null && V2HttpFace.Owns(context.Request.Path))
        {
            return _v2.HandleAsync(context, path);
        }

        if (_debug is not null && DebugHttpFace.Owns(context.Request.Path))
        {
            return _debug.HandleAsync(context);
        }

        return path switch
        {
            "/version" => _version.HandleAsync(context),
            "/health" => _health.HandleAsync(context),
            "/metrics" => _metrics.HandleAsync(context),
            _ when ProbesEndpoint.Owns(path) => _probes.HandleAsync(context, path),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }

    // Whoever shows a certificate with a name expects to be that user, and through the gateway would not be.
    private bool IsMistakenCertificate(HttpContext context) =>
        _server.Options.ClientCertificatesNameUsers
        && _server.Access.IsNeeded
        && context.Connection.ClientCertificate is { } certificate
        && CommonName.Of(certificate) is not null;
}
