using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Wire;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Etcd.Grpc.Server.Calls;

/// <summary>A call on a stream of Kestrel's.</summary>
internal sealed class KestrelExchange(RpcDispatch dispatch, PingPolicy? pings) : RpcExchange(dispatch, pings, dispatch.Unfinished)
{
    private static readonly StringValues StatusOk = "0";
    private static readonly StringValues UsualContentType = RpcHeaderNames.ContentTypeValue;

    private IFeatureCollection _features = null!;
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;

    public override X509Certificate2? ClientCertificate => _features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    // The connection's own word, or what HTTP makes of it where a stream does not show that of its connection.
    public override EndPoint? RemoteEndPoint =>
        _features.Get<IConnectionEndPointFeature>()?.RemoteEndPoint
        ?? (_features.Get<IHttpConnectionFeature>() is { RemoteIpAddress: { } address } connection
            ? new IPEndPoint(address, connection.RemotePort)
            : null);

    public override string HttpMethod => _request.Method;

    public override string Path => _request.Path;

    /// <summary>The features of the request; HTTP that is no RPC is answered through them.</summary>
    public IFeatureCollection Features => _features;

    /// <summary>Whether the request came in HTTP/2.</summary>
    public bool IsHttp2 => HttpProtocol.IsHttp2(_request.Protocol);

    protected override CancellationToken ClientGone => _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

    /// <summary>Ended before the request, Kestrel would reset the stream with NO_ERROR, and there are clients that then drop the reply with it.</summary>
    protected override bool WaitsForEndOfRequest => true;

    protected override PipeReader RequestBody => _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;

    protected override PipeWriter ReplyBody => _features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;

    /// <summary>Begins with a new request.</summary>
    public void Attach(IFeatureCollection features)
    {
        _features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        Attach();
    }

    public override void Detach()
    {
        _features = null!;
        _request = null!;
        _response = null!;
        base.Detach();
    }

    public override RpcServerMethod? Find(RpcServiceTable table) => table.Find(_request.Path);

    public override string? RequestHeader(string name)
    {
        StringValues values = _request.Headers[name];
        return values.Count == 0 ? null : values[0];
    }

    public override void AnnounceEncodings() => _response.Headers.GrpcAcceptEncoding = RpcHeaderNames.AcceptedEncodings;

    protected override void SetHttpStatus(int status) => _response.StatusCode = status;

    protected override void WriteHead(string contentType, bool usesGzip, RpcMetadata? metadata)
    {
        IHeaderDictionary headers = _response.Headers;
        headers.ContentType = ReferenceEquals(contentType, RpcHeaderNames.ContentTypeValue) ? UsualContentType : contentType;
        if (usesGzip)
        {
            headers.GrpcEncoding = RpcHeaderNames.Gzip;
        }

        Append(metadata, headers);
    }

    protected override void WriteEnd(bool isTrailer, RpcStatusCode code, string message, RpcMetadata? trailers, RpcMetadata? errorTrailers)
    {
        IHeaderDictionary target = isTrailer ? _features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : _response.Headers;
        target.GrpcStatus = code == RpcStatusCode.OK ? StatusOk : CallErrors.StatusText(code);
        if (message.Length > 0)
        {
            target.GrpcMessage = message;
        }

        Append(trailers, target);
        Append(errorTrailers, target);
    }

    protected override void ResetStream(int code) => _features.Get<IHttpResetFeature>()?.Reset(code);

    /// <summary>Nothing: Kestrel sees the end of the call by its task.</summary>
    protected override void Leave()
    {
    }

    protected override void ReadRequestHeaders(RpcMetadata destination)
    {
        foreach ((string name, StringValues values) in _request.Headers)
        {
            string lower = name.ToLowerInvariant();
            if (RpcHeaderNames.IsProtocol(lower))
            {
                continue;
            }

            foreach (string? value in values)
            {
                destination.AddReceived(lower, value ?? string.Empty);
            }
        }
    }

    private static void Append(RpcMetadata? metadata, IHeaderDictionary target)
    {
        if (metadata is null)
        {
            return;
        }

        foreach ((string name, string value) in metadata.Entries)
        {
            target.Append(name, value);
        }
    }
}
