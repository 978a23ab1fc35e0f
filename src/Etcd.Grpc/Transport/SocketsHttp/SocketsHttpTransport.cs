using System.Net;
using System.Net.Http.Headers;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.SocketsHttp;

/// <summary>HTTP/2 through <see cref="SocketsHttpHandler"/>: one connection, opened when needed and again after a loss.</summary>
internal sealed class SocketsHttpTransport : RpcTransport
{
    private readonly HttpMessageInvoker _invoker;
    private readonly RpcChannelOptions _options;
    private readonly Uri _root;
    private readonly string? _hostHeader;

    public SocketsHttpTransport(RpcAddress address, RpcChannelOptions options)
    {
        _options = options;
        _root = new Uri($"{(address.IsTls ? "https" : "http")}://{address.Authority}");
        _hostHeader = options.Authority;
        _invoker = new HttpMessageInvoker(CreateHandler(address, options), disposeHandler: true);
    }

    public override bool BlocksUnaryCalls => false;

    public override ValueTask<RpcTransportStream> OpenUnaryAsync(
        RpcCallHead head, ReadOnlyMemory<byte> frame, int replyBytesMax, CancellationToken cancellationToken)
    {
        var stream = new SocketsHttpStream(_invoker, CreateRequest(head, new ReadOnlyMemoryContent(frame)), requests: null, replyBytesMax);
        return new ValueTask<RpcTransportStream>(stream);
    }

    public override ValueTask<RpcTransportStream> OpenStreamAsync(RpcCallHead head, CancellationToken cancellationToken)
    {
        var requests = new RequestStreamContent();
        var stream = new SocketsHttpStream(_invoker, CreateRequest(head, requests), requests, unaryBytesMax: -1);
        return new ValueTask<RpcTransportStream>(stream);
    }

    public override ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return default;
    }

    private static SocketsHttpHandler CreateHandler(RpcAddress address, RpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectCallback = (_, cancellationToken) => SocketConnector.ConnectAsync(address.EndPoint, cancellationToken),
        };
        if (options.EffectiveKeepAliveInterval is { } interval)
        {
            handler.KeepAlivePingDelay = interval;
            handler.KeepAlivePingTimeout = options.KeepAliveTimeout;
            handler.KeepAlivePingPolicy = options.KeepAliveWithoutCalls ? HttpKeepAlivePingPolicy.Always : HttpKeepAlivePingPolicy.WithActiveRequests;
        }

        if (options.Tls is { } tls)
        {
            handler.SslOptions = tls;
        }

        return handler;
    }

    private HttpRequestMessage CreateRequest(in RpcCallHead head, HttpContent content)
    {
        content.Headers.TryAddWithoutValidation(RpcHeaderNames.ContentType, RpcHeaderNames.ContentTypeValue);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_root, head.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        HttpRequestHeaders headers = request.Headers;
        headers.Host = _hostHeader;
        headers.TryAddWithoutValidation(RpcHeaderNames.Te, RpcHeaderNames.Trailers);
        headers.TryAddWithoutValidation(RpcHeaderNames.UserAgent, _options.UserAgent);
        headers.TryAddWithoutValidation(RpcHeaderNames.AcceptEncoding, RpcHeaderNames.AcceptedEncodings);
        if (head.Gzip)
        {
            headers.TryAddWithoutValidation(RpcHeaderNames.Encoding, RpcHeaderNames.Gzip);
        }

        if (head.Timeout is { } timeout)
        {
            headers.TryAddWithoutValidation(RpcHeaderNames.Timeout, RpcTimeout.Format(timeout));
        }

        if (head.Metadata is { } metadata)
        {
            foreach ((string name, string value) in metadata.Entries)
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }
}
