using Etcd.Grpc.Server.Pings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etcd.Grpc.Server.Calls;

/// <summary>What Kestrel hands every request to: RPCs go to the service table, the rest to the HTTP side of the server.</summary>
internal sealed class RpcApplication(RpcDispatch dispatch, RequestDelegate? http, IServiceProvider services) : IHttpApplication<KestrelExchange>
{
    public KestrelExchange CreateContext(IFeatureCollection contextFeatures)
    {
        KestrelExchange exchange;
        if (contextFeatures is IHostContextContainer<KestrelExchange> container)
        {
            // The stream object keeps our object for its next call.
            exchange = container.HostContext ??= new KestrelExchange(dispatch, contextFeatures.Get<PingPolicy>());
        }
        else
        {
            exchange = new KestrelExchange(dispatch, contextFeatures.Get<PingPolicy>());
        }

        exchange.Attach(contextFeatures);
        return exchange;
    }

    public Task ProcessRequestAsync(KestrelExchange context)
    {
        if (!context.IsHttp2)
        {
            return ServeHttpAsync(context);
        }

        bool isPlain = http is not null && IsSecure(context) && !RpcDispatch.IsRpc(context.RequestHeader("content-type"));
        return isPlain ? ServeHttpAsync(context) : dispatch.ServeAsync(context);
    }

    public void DisposeContext(KestrelExchange context, Exception? exception) => context.Detach();

    private static bool IsSecure(KestrelExchange context) => context.Features.Get<ITlsConnectionFeature>() is not null;

    private async Task ServeHttpAsync(KestrelExchange context)
    {
        if (http is null)
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        HttpLimits.Apply(context.Features, isHttp1: !context.IsHttp2);
        await http(new DefaultHttpContext(context.Features) { RequestServices = services }).ConfigureAwait(false);
    }
}
