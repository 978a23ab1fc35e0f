using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>A call on a stream of a connection in clear text.</summary>
internal sealed class StreamExchange(ServerStream stream) : RpcExchange(stream.Connection.Dispatch, stream.Connection.Pings, unfinished: null)
{
    private const int HttpOk = 200;

    private int _httpStatus;
    private bool _announcesEncodings;
    private RpcServerMethod? _found;

    public override X509Certificate2? ClientCertificate => null;

    public override EndPoint? RemoteEndPoint => stream.Connection.RemoteEndPoint;

    public override string HttpMethod => stream.Head.Method;

    public override string Path => stream.Head.Path();

    /// <summary>Whether the call is known to have one request and one reply.</summary>
    public bool IsUnary { get; private set; }

    /// <summary>Whether the call is known to have a stream of replies, which is held up by itself when the client does not take them.</summary>
    public bool IsStreaming => _found?.Streaming is not null;

    /// <summary>What the reply begins with, once the call has said so.</summary>
    public ReplyHead Head { get; private set; }

    /// <summary>What the reply ends with, once the call has ended.</summary>
    public ReplyStatus Status { get; private set; }

    /// <summary>The code to reset the stream with in place of an end.</summary>
    public Http2ErrorCode? Reset { get; private set; }

    public override TimeSpan Waited => stream.Waited;

    protected override CancellationToken ClientGone => stream.Aborted;

    /// <summary>The reply leaves as soon as it is there, as real etcd's does; the stream waits for the rest of the request.</summary>
    protected override bool WaitsForEndOfRequest => false;

    protected override PipeReader RequestBody => stream.Input;

    protected override PipeWriter ReplyBody => stream.Output;

    /// <summary>Begins with a new request, whose headers are there.</summary>
    public void Begin()
    {
        Attach();
        _httpStatus = HttpOk;
        _announcesEncodings = false;
        Reset = null;
        _found = stream.Connection.Dispatch.Find(stream.Head);
        IsUnary = _found?.Unary is not null;
    }

    public override RpcServerMethod? Find(RpcServiceTable table) => _found;

    public override string? RequestHeader(string name) => stream.Head.Get(name);

    public override void AnnounceEncodings() => _announcesEncodings = true;

    /// <summary>The stream is to be reset with <paramref name="code"/>.</summary>
    public void ResetWith(Http2ErrorCode code) => Reset = code;

    protected override void SetHttpStatus(int status) => _httpStatus = status;

    protected override void WriteHead(string contentType, bool usesGzip, RpcMetadata? metadata) =>
        Head = new ReplyHead(_httpStatus, contentType, usesGzip, _announcesEncodings, metadata);

    protected override void WriteEnd(bool isTrailer, RpcStatusCode code, string message, RpcMetadata? trailers, RpcMetadata? errorTrailers) =>
        Status = new ReplyStatus(code, message, trailers, errorTrailers);

    protected override void ResetStream(int code) => Reset = (Http2ErrorCode)code;

    protected override void Leave() => stream.Connection.Complete(stream);

    protected override int Number => stream.Id;

    protected override bool TryBreakOff(Exception failure, int number)
    {
        stream.Connection.Abandon(stream, number, failure);
        return true;
    }

    protected override void ReadRequestHeaders(RpcMetadata destination) => stream.Head.CopyTo(destination);
}
