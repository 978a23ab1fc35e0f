using System.Diagnostics;

namespace Etcd.Grpc.Server.Calls;

/// <summary>The span of a call, with the client's span as its parent (W3C trace context). Nothing without a listener.</summary>
internal static class CallActivity
{
    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    private static readonly ActivitySource Source = new(RpcServer.ActivitySourceName);

    /// <summary>Opens the span of a call.</summary>
    /// <returns><see langword="null"/> when nobody listens, or the call is not among those chosen.</returns>
    internal static Activity? Begin(RpcServerCall call)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // Calls of one connection follow each other on one context: what is left of the one before must not become the parent.
        Activity.Current = null;
        ActivityContext.TryParse(call.RequestHeader(TraceParent), call.RequestHeader(TraceState), isRemote: true, out ActivityContext client);
        Activity? span = Source.StartActivity(call.Descriptor.Path[1..], ActivityKind.Server, client);
        span?.SetTag("rpc.system", "grpc").SetTag("rpc.service", call.Service).SetTag("rpc.method", call.Method);
        return span;
    }

    /// <summary>Closes the span.</summary>
    internal static void End(Activity span, RpcStatusCode code, string message)
    {
        span.SetTag("rpc.grpc.status_code", (int)code);

        // By the conventions of OpenTelemetry these are the server's errors; the others are the client's.
        if (code is RpcStatusCode.Unknown or RpcStatusCode.DeadlineExceeded or RpcStatusCode.Unimplemented or RpcStatusCode.Internal
            or RpcStatusCode.Unavailable or RpcStatusCode.DataLoss)
        {
            span.SetStatus(ActivityStatusCode.Error, message);
        }

        span.Dispose();
    }
}
