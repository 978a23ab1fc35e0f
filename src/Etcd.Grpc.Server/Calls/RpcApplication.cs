using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Wire;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Etcd.Grpc.Server.Calls;

/// <summary>What Kestrel hands every request to: RPCs go to the service table, the rest to the HTTP side of the server.</summary>
internal sealed class RpcApplication(
    RpcServerOptions options, RpcServiceTable table, RequestDelegate? http, IServiceProvider services, ILogger logger)
    : IHttpApplication<RpcExchange>
{
    public RpcServerOptions Options { get; } = options;

    public ILogger Logger { get; } = logger;

    public RpcExchange CreateContext(IFeatureCollection contextFeatures)
    {
        RpcExchange exchange;
        if (contextFeatures is IHostContextContainer<RpcExchange> container)
        {
            // The stream object keeps our object for its next call.
            exchange = container.HostContext ??= new RpcExchange(this, contextFeatures.Get<PingPolicy>());
        }
        else
        {
            exchange = new RpcExchange(this, contextFeatures.Get<PingPolicy>());
        }

        exchange.Attach(contextFeatures);
        return exchange;
    }

    public Task ProcessRequestAsync(RpcExchange context)
    {
        IHttpRequestFeature request = context.Request;
        if (!HttpProtocol.IsHttp2(request.Protocol))
        {
            return ServeHttpAsync(context);
        }

        IHeaderDictionary headers = request.Headers;
        if (!IsRpc(headers.ContentType))
        {
            return IsSecure(context) && http is not null
                ? ServeHttpAsync(context)
                : context.Refuse(StatusCodes.Status415UnsupportedMediaType, CallErrors.NoRpc(headers.ContentType));
        }

        if (!HttpMethods.IsPost(request.Method))
        {
            return context.Refuse(StatusCodes.Status405MethodNotAllowed, CallErrors.NotPost(request.Method));
        }

        TimeSpan? timeout = null;
        if (headers.GrpcTimeout is { Count: > 0 } timeoutText)
        {
            if (!RpcTimeout.TryParse(timeoutText.ToString(), out TimeSpan limit))
            {
                return context.Refuse(StatusCodes.Status400BadRequest, CallErrors.MalformedTimeout(timeoutText.ToString()));
            }

            timeout = limit;
        }

        RpcServerMethod? method = table.Find(request.Path);
        if (method is null)
        {
            return context.Refuse(StatusCodes.Status200OK, table.UnknownPath(request.Path));
        }

        bool gzip = false;
        if (headers.GrpcEncoding is { Count: > 0 } encoding && encoding != RpcHeaderNames.Identity)
        {
            gzip = encoding == RpcHeaderNames.Gzip;
            if (!gzip)
            {
                context.AnnounceEncodings();
                return context.Refuse(StatusCodes.Status200OK, CallErrors.UnknownEncoding(encoding));
            }
        }

        return context.Serve(method, gzip, timeout);
    }

    public void DisposeContext(RpcExchange context, Exception? exception) => context.Detach();

    private static bool IsRpc(StringValues contentType)
    {
        string? text = contentType.Count == 0 ? null : contentType[0];
        return text is not null
            && text.StartsWith(RpcHeaderNames.ContentTypeValue, StringComparison.Ordinal)
            && (text.Length == RpcHeaderNames.ContentTypeValue.Length || text[RpcHeaderNames.ContentTypeValue.Length] is '+' or ';');
    }

    private static bool IsSecure(RpcExchange context) => context.Features.Get<ITlsConnectionFeature>() is not null;

    private async Task ServeHttpAsync(RpcExchange context)
    {
        if (http is null)
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        HttpLimits.Apply(context.Features, isHttp1: !HttpProtocol.IsHttp2(context.Request.Protocol));
        await http(new DefaultHttpContext(context.Features) { RequestServices = services }).ConfigureAwait(false);
    }
}
