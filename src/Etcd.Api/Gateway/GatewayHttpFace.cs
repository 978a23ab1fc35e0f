using System.Collections.Frozen;

using Etcd.Api.Http;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Local;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Etcd.Api.Gateway;

/// <summary>The v3 API as JSON over HTTP: each path below <c>/v3/</c> is a gRPC method, called in this process.</summary>
public sealed class GatewayHttpFace
{
    /// <summary>What all its paths begin with.</summary>
    internal const string Prefix = "/v3/";

    private readonly LocalCalls _calls;
    private readonly FrozenDictionary<string, GatewayRoute> _routes;
    private readonly TimeSpan _slowestPiece;

    /// <summary>Creates the gateway.</summary>
    /// <param name="options">Those of the port for gRPC: limits, admission and counting are the same.</param>
    /// <param name="table">The methods.</param>
    /// <param name="loggers">Where unexpected failures are logged.</param>
    /// <param name="slowestPiece">How long a client may take for 64 KiB before it is cut off; <see langword="null"/>: 20 seconds.</param>
    public GatewayHttpFace(RpcServerOptions options, RpcServiceTable table, ILoggerFactory loggers, TimeSpan? slowestPiece = null)
    {
        _calls = new LocalCalls(options, table, loggers.CreateLogger<GatewayHttpFace>());
        _routes = GatewayRoutes.Resolve(_calls);
        _slowestPiece = slowestPiece ?? PacedBody.SlowestPiece;
    }

    /// <summary>Whether a path is one of the gateway.</summary>
    internal static bool Owns(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Answers a request whose path is below <c>/v3/</c>.</summary>
    internal Task HandleAsync(HttpContext context)
    {
        GatewayRoute? route = _routes.GetValueOrDefault(context.Request.Path.Value!);
        if (WebSocketHandshake.IsAsked(context))
        {
            return new WebSocketExchange(_calls, _slowestPiece).RunAsync(context, route);
        }

        LiftLimits(context, route);
        var output = new HttpGatewayOutput(context, _slowestPiece, _calls.Time);
        return new GatewayExchange(_calls, context, context.Request.BodyReader, output, context.RequestAborted)
            .RunAsync(route, HttpMethods.IsPost(context.Request.Method));
    }

    /// <summary>The gateway has limits of its own: the size of a message, and the time a slow client may take. A stream may be silent for ever.</summary>
    private static void LiftLimits(HttpContext context, GatewayRoute? route)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return;
        }

        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = null;
        }

        if (route?.Method?.Kind == RpcMethodKind.BidiStream && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }
    }
}
