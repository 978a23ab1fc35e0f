using System.Net;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc;
using Etcd.Grpc.Server;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Etcd.Api.Gateway;

/// <summary>A request to the gateway as the handler of its method sees it.</summary>
internal sealed class GatewayCall : RpcServerCall, IDisposable
{
    private const string MetadataPrefix = "Grpc-Metadata-";
    private const string BearerPrefix = "Bearer ";

    private readonly HttpContext _context;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource? _ended;
    private RpcMetadata? _requestHeaders;
    private RpcMetadata? _responseHeaders;
    private RpcMetadata? _trailers;

    /// <summary>Creates a call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="context">The HTTP request.</param>
    /// <param name="timeout">How long its client waits; <see langword="null"/>: it does not say.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="clientGone">Cancelled when the client has gone.</param>
    internal GatewayCall(RpcServerMethod method, HttpContext context, TimeSpan? timeout, TimeProvider time, CancellationToken clientGone)
    {
        Descriptor = method;
        _context = context;
        CancellationToken = clientGone;
        if (timeout is { } limit)
        {
            Deadline = time.GetUtcNow() + limit;
            _deadline = new CancellationTokenSource(limit, time);
            _ended = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, clientGone);
            CancellationToken = _ended.Token;
        }
    }

    /// <inheritdoc/>
    public override RpcServerMethod Descriptor { get; }

    /// <inheritdoc/>
    public override RpcMetadata RequestHeaders => _requestHeaders ??= ReadHeaders();

    /// <inheritdoc/>
    public override RpcMetadata ResponseHeaders => _responseHeaders ??= new RpcMetadata();

    /// <inheritdoc/>
    public override RpcMetadata Trailers => _trailers ??= new RpcMetadata();

    /// <inheritdoc/>
    public override DateTimeOffset? Deadline { get; }

    /// <inheritdoc/>
    public override CancellationToken CancellationToken { get; }

    /// <summary>None: as in etcd, whoever comes through the gateway is known by a token only.</summary>
    public override X509Certificate2? ClientCertificate => null;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint =>
        _context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, _context.Connection.RemotePort) : null;

    /// <inheritdoc/>
    public override string? RequestHeader(string name)
    {
        IHeaderDictionary headers = _context.Request.Headers;
        string? value = headers[NameOf(name)];
        if (value is not null || name != "authorization")
        {
            return value;
        }

        string? shown = headers.Authorization;
        if (shown is null && headers.SecWebSocketProtocol is { Count: > 0 } protocols)
        {
            // A page in a browser cannot set other headers: it names the token as a second protocol.
            shown = WebSocketHandshake.TokenOf(protocols.ToString());
        }

        return shown?.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) == true ? shown[BearerPrefix.Length..] : shown;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        HeldUntilSent?.Dispose();
        HeldUntilSent = null;
        _ended?.Dispose();
        _deadline?.Dispose();
    }

    // The names asked for with each call cost no new string.
    private static string NameOf(string name) => name switch
    {
        "token" => "Grpc-Metadata-Token",
        "hasleader" => "Grpc-Metadata-Hasleader",
        "authorization" => "Grpc-Metadata-Authorization",

        // The context of a trace has its names from HTTP (W3C).
        "traceparent" or "tracestate" => name,
        _ => MetadataPrefix + name,
    };

    private RpcMetadata ReadHeaders()
    {
        var metadata = new RpcMetadata();
        foreach ((string name, StringValues values) in _context.Request.Headers)
        {
            if (name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
            {
                metadata.Add(name[MetadataPrefix.Length..].ToLowerInvariant(), values.ToString());
            }
        }

        if (RequestHeader("authorization") is { } authorization)
        {
            metadata.Add("authorization", authorization);
        }

        return metadata;
    }
}
