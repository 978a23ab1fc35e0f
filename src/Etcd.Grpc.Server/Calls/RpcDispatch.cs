using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Wire;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Calls;

/// <summary>Finds the handler of a call, or the reason why there is none.</summary>
internal sealed class RpcDispatch(RpcServerOptions options, RpcServiceTable table, ILogger logger)
{
    private const int BadRequest = 400;
    private const int MethodNotAllowed = 405;
    private const int UnsupportedMediaType = 415;
    private const int Ok = 200;

    public RpcServerOptions Options { get; } = options;

    public ILogger Logger { get; } = logger;

    /// <summary>What Kestrel's connections hold of messages that are not whole.</summary>
    public UnfinishedMessages Unfinished { get; } = new(options.RequestBytesHeldMax);

    /// <summary>Whether a request is an RPC by its content type.</summary>
    public static bool IsRpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(RpcHeaderNames.ContentTypeValue, StringComparison.Ordinal)
        && (contentType.Length == RpcHeaderNames.ContentTypeValue.Length || contentType[RpcHeaderNames.ContentTypeValue.Length] is '+' or ';');

    /// <summary>The method a request is for, if the table has it.</summary>
    public RpcServerMethod? Find(RequestHead request) => request.Find(table);

    /// <summary>Serves a request of HTTP/2, whatever it is.</summary>
    /// <returns>Completes with the call.</returns>
    public Task ServeAsync(RpcExchange call)
    {
        string? contentType = call.RequestHeader(RpcHeaderNames.ContentType);
        if (!IsRpc(contentType))
        {
            return call.Refuse(UnsupportedMediaType, CallErrors.NoRpc(contentType));
        }

        if (call.HttpMethod != "POST")
        {
            return call.Refuse(MethodNotAllowed, CallErrors.NotPost(call.HttpMethod));
        }

        TimeSpan? timeout = null;
        if (call.RequestHeader(RpcHeaderNames.Timeout) is { } timeoutText)
        {
            if (!RpcTimeout.TryParse(timeoutText, out TimeSpan limit))
            {
                return call.Refuse(BadRequest, CallErrors.MalformedTimeout(timeoutText));
            }

            timeout = limit - call.Waited;
        }

        RpcServerMethod? method = call.Find(table);
        if (method is null)
        {
            return call.Refuse(Ok, table.UnknownPath(call.Path));
        }

        bool gzip = false;
        if (call.RequestHeader(RpcHeaderNames.Encoding) is { } encoding && encoding != RpcHeaderNames.Identity)
        {
            gzip = encoding == RpcHeaderNames.Gzip;
            if (!gzip)
            {
                call.AnnounceEncodings();
                return call.Refuse(Ok, CallErrors.UnknownEncoding(encoding));
            }
        }

        return call.Serve(method, gzip, timeout);
    }
}
