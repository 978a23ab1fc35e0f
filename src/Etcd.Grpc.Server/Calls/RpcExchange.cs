using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Wire;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Etcd.Grpc.Server.Calls;

/// <summary>One HTTP/2 stream seen as an RPC. Lives as long as the stream object of the connection, which serves call after call.</summary>
internal sealed class RpcExchange : RpcServerCall, IDisposable
{
    private static readonly StringValues StatusOk = "0";
    private static readonly StringValues ContentType = RpcHeaderNames.ContentTypeValue;

    private readonly RpcApplication _application;
    private readonly RequestFrames _requests;
    private readonly ReplyFrames _replies;
    private readonly CallDeadline _deadline;
    private readonly RpcServerOptions _options;
    private readonly PingPolicy? _pings;

    private IFeatureCollection _features = null!;
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;
    private RpcServerMethod? _method;
    private RpcMetadata? _requestHeaders;
    private RpcMetadata? _responseHeaders;
    private RpcMetadata? _trailers;
    private bool _requestHeadersRead;
    private bool _responseStarted;
    private bool _reported;
    private long _startedAt;
    private long _replyBytes;
    private Activity? _span;

    /// <summary>Creates the object for a stream object of a connection.</summary>
    /// <param name="application">The application it serves.</param>
    /// <param name="pings">What the connection's pings are counted against; <see langword="null"/>: nothing.</param>
    public RpcExchange(RpcApplication application, PingPolicy? pings)
    {
        _pings = pings;
        _application = application;
        _options = application.Options;
        _requests = new RequestFrames(this);
        _replies = new ReplyFrames(this);
        _deadline = new CallDeadline(this, _options.Time);
    }

    public override RpcServerMethod Descriptor => _method!;

    public override RpcMetadata RequestHeaders
    {
        get
        {
            RpcMetadata headers = _requestHeaders ??= new RpcMetadata();
            if (!_requestHeadersRead)
            {
                _requestHeadersRead = true;
                ReadRequestHeaders(headers);
            }

            return headers;
        }
    }

    public override RpcMetadata ResponseHeaders => _responseHeaders ??= new RpcMetadata();

    public override RpcMetadata Trailers => _trailers ??= new RpcMetadata();

    public override DateTimeOffset? Deadline => _deadline.Instant;

    public override CancellationToken CancellationToken =>
        _deadline.Token(_features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted);

    public override X509Certificate2? ClientCertificate => _features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    public override EndPoint? RemoteEndPoint => _features.Get<IConnectionEndPointFeature>()?.RemoteEndPoint;

    /// <summary>The features of the request; HTTP that is no RPC is answered through them.</summary>
    public IFeatureCollection Features => _features;

    /// <summary>Protocol and headers of the request.</summary>
    public IHttpRequestFeature Request => _request;

    public override string? RequestHeader(string name)
    {
        StringValues values = _request.Headers[name];
        return values.Count == 0 ? null : values[0];
    }

    /// <summary>Begins with a new request.</summary>
    public void Attach(IFeatureCollection features)
    {
        _features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseStarted = false;
        _reported = false;
        _requestHeadersRead = false;
        _method = null;
        _replyBytes = 0;
        ReplyItems = 0;
        ReplyMeter = null;
    }

    /// <summary>Lets go of everything that belongs to the request.</summary>
    public void Detach()
    {
        _features = null!;
        _request = null!;
        _response = null!;
        _requestHeaders?.Clear();
        _responseHeaders?.Clear();
        _trailers?.Clear();
    }

    /// <summary>Refuses what arrived before any handler is chosen.</summary>
    public Task Refuse(int httpStatus, RpcException error)
    {
        _pings?.Sent();
        _response.StatusCode = httpStatus;
        WriteStatus(error.Code, error.Message, error.Trailers);
        return Task.CompletedTask;
    }

    /// <summary>Tells the client which message encodings it may use.</summary>
    public void AnnounceEncodings() => _response.Headers.GrpcAcceptEncoding = RpcHeaderNames.AcceptedEncodings;

    /// <summary>Serves the call with the handler of its method.</summary>
    public Task Serve(RpcServerMethod method, bool gzip, TimeSpan? timeout)
    {
        _method = method;
        _pings?.CallStarted();
        _startedAt = Stopwatch.GetTimestamp();
        _options.Observer?.CallStarted(method);
        _span = CallActivity.Begin(this);

        if (timeout is { } limit)
        {
            if (limit <= TimeSpan.Zero)
            {
                Finish(RpcStatusCode.DeadlineExceeded, CallErrors.DeadlineText, trailers: null);
                return Task.CompletedTask;
            }

            _deadline.Arm(limit);
        }

        if (_options.Admit?.Invoke(this) is { } refusal)
        {
            Finish(refusal.Code, refusal.Message, refusal.Trailers);
            return Task.CompletedTask;
        }

        _requests.Start(_features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, gzip, _options.ReceiveBytesMax);
        _replies.Start(_features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer, gzip && AcceptsGzip());
        return method.Unary is { } unary ? ServeUnary(unary) : ServeStreamingAsync(method.Streaming!);
    }

    /// <summary>Sets the response headers, once, before anything is flushed.</summary>
    public void StartResponse()
    {
        if (_responseStarted)
        {
            return;
        }

        _responseStarted = true;
        IHeaderDictionary headers = _response.Headers;
        headers.ContentType = ReplyContentType();
        if (_replies.UsesGzip)
        {
            headers.GrpcEncoding = RpcHeaderNames.Gzip;
        }

        Append(_responseHeaders, headers);
    }

    public void CountReceived(long messageBytes) => _options.Observer?.MessageReceived(_method!, messageBytes);

    public void CountSent(long messageBytes)
    {
        _pings?.Sent();
        _replyBytes = messageBytes;
        ReplyMeter?.Sent(messageBytes);
        _options.Observer?.MessageSent(_method!, messageBytes);
    }

    public void InterruptReading() => _requests.Interrupt();

    public void ThrowIfDeadlinePassed()
    {
        if (_deadline.HasPassed)
        {
            throw new OperationCanceledException(CallErrors.DeadlineText);
        }
    }

    public void Dispose() => _deadline.Dispose();

    private Task ServeUnary(UnaryHandler handler)
    {
        ValueTask pending;
        try
        {
            ValueTask<bool> arrival = _requests.MoveNextAsync(CancellationToken.None);
            if (!arrival.IsCompletedSuccessfully)
            {
                return ReadThenServeUnaryAsync(handler, arrival);
            }

            if (!arrival.Result)
            {
                throw CallErrors.NoRequest();
            }

            RefuseIfOverdue();
            pending = handler(this, _requests.Current, _replies.Begin());
            if (!pending.IsCompleted)
            {
                return FinishUnaryAsync(pending);
            }

            pending.GetAwaiter().GetResult();
            _replies.End();
            if (HeldUntilSent is not null)
            {
                return FinishSentAsync();
            }
        }
        catch (Exception failure)
        {
            return FailUnary(failure);
        }

        return FinishUnary();
    }

    private async Task ReadThenServeUnaryAsync(UnaryHandler handler, ValueTask<bool> arrival)
    {
        try
        {
            if (!await arrival.ConfigureAwait(false))
            {
                throw CallErrors.NoRequest();
            }

            RefuseIfOverdue();
            await handler(this, _requests.Current, _replies.Begin()).ConfigureAwait(false);
            _replies.End();
            await SendIfHeldAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await FailUnary(failure).ConfigureAwait(false);
            return;
        }

        await FinishUnary().ConfigureAwait(false);
    }

    /// <summary>A request whose time was up before it was read is not carried out, even when the timer has yet to say so.</summary>
    private void RefuseIfOverdue()
    {
        if (_deadline.IsOver)
        {
            throw CallErrors.DeadlinePassed();
        }
    }

    private async Task FinishUnaryAsync(ValueTask pending)
    {
        try
        {
            await pending.ConfigureAwait(false);
            _replies.End();
            await SendIfHeldAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await FailUnary(failure).ConfigureAwait(false);
            return;
        }

        await FinishUnary().ConfigureAwait(false);
    }

    private Task FinishUnary()
    {
        if (!_requests.IsBodyWhole)
        {
            return FinishAtEndOfBodyAsync(error: null);
        }

        Finish(RpcStatusCode.OK, string.Empty, trailers: null);
        return Task.CompletedTask;
    }

    private Task FailUnary(Exception failure)
    {
        RpcException error = ToStatus(failure);

        // A request that is refused for its bytes may go on without end, and is not waited for.
        if (_requests.HoldsMessage && !_requests.IsBodyWhole)
        {
            return FinishAtEndOfBodyAsync(error);
        }

        FinishFailed(error);
        return Task.CompletedTask;
    }

    /// <summary>The reply is ready before the client has said that the request is all. Ended now, Kestrel would reset the stream with
    /// NO_ERROR, and there are clients that then drop the reply with it.</summary>
    private async Task FinishAtEndOfBodyAsync(RpcException? error)
    {
        ReportIfSlow(error?.Code ?? RpcStatusCode.OK);
        try
        {
            await _requests.SkipToEndAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException left)
        {
            error ??= ToStatus(left);
        }

        if (error is not null)
        {
            FinishFailed(error);
            return;
        }

        Finish(RpcStatusCode.OK, string.Empty, trailers: null);
    }

    private async Task FinishSentAsync()
    {
        try
        {
            await SendIfHeldAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await FailUnary(failure).ConfigureAwait(false);
            return;
        }

        await FinishUnary().ConfigureAwait(false);
    }

    /// <summary>What the reply holds is given back by <see cref="Finish"/>, and must not be before the connection has taken the reply.</summary>
    private ValueTask SendIfHeldAsync() => HeldUntilSent is null ? default : SendHeldAsync();

    private async ValueTask SendHeldAsync()
    {
        TimeSpan patience = _options.HeldReplyTimeout + TimeSpan.FromSeconds((double)_replyBytes / _options.HeldReplyBytesPerSecondMin);
        using var slow = new CancellationTokenSource(patience, _options.Time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, CancellationToken);
        try
        {
            await _replies.FlushAsync(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What the client has not taken would stay in the connection's memory, and be counted no longer.
            _features.Get<IHttpResetFeature>()?.Reset(CallErrors.ResetCancel);
            throw;
        }
    }

    private async Task ServeStreamingAsync(StreamingHandler handler)
    {
        try
        {
            await handler(this, _requests, _replies).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            FinishFailed(ToStatus(failure));
            return;
        }

        Finish(RpcStatusCode.OK, string.Empty, trailers: null);
    }

    /// <summary>The status of a failure; one that nobody expects is logged.</summary>
    private RpcException ToStatus(Exception failure)
    {
        RpcException? error = failure as RpcException;
        error ??= _options.TranslateException?.Invoke(this, failure);
        if (error is not null)
        {
            return error;
        }

        if (failure is OperationCanceledException)
        {
            return _deadline.HasPassed ? CallErrors.DeadlinePassed() : CallErrors.Canceled();
        }

        _application.Logger.HandlerFailed(failure, _method!.Path);
        return CallErrors.Unexpected();
    }

    private void FinishFailed(RpcException error)
    {
        if (_replies.IsTorn)
        {
            // A part of a reply is on its way and its end will never come: only a reset tells the client so.
            _features.Get<IHttpResetFeature>()?.Reset(CallErrors.ResetInternalError);
        }

        Finish(error.Code, error.Message, error.Trailers);
    }

    private void Finish(RpcStatusCode code, string message, RpcMetadata? trailers)
    {
        ReportIfSlow(code);
        TimeSpan took = Stopwatch.GetElapsedTime(_startedAt);
        try
        {
            _deadline.Disarm();
            WriteStatus(code, message, trailers);
            _requests.Stop();
            _replies.Stop();
        }
        finally
        {
            if (HeldUntilSent is { } held)
            {
                HeldUntilSent = null;
                held.Dispose();
            }

            _pings?.CallEnded();
            if (_span is { } span)
            {
                _span = null;
                CallActivity.End(span, code, message);
            }

            _options.Observer?.CallHandled(_method!, code, took);
        }
    }

    private void ReportIfSlow(RpcStatusCode code)
    {
        if (_reported || _method!.Unary is null)
        {
            return;
        }

        _reported = true;
        TimeSpan took = Stopwatch.GetElapsedTime(_startedAt);
        if (took >= _options.UnaryReportedFrom)
        {
            _options.ReportUnary?.Invoke(this, new RpcUnaryReport(code, took, _requests.Current, _replyBytes));
        }
    }

    /// <summary>The status goes into the trailers, or into the headers when there is no body: one frame instead of two.</summary>
    private void WriteStatus(RpcStatusCode code, string message, RpcMetadata? trailers)
    {
        bool started = _responseStarted;
        StartResponse();
        IHeaderDictionary target = started || _replies.HasBody
            ? _features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : _response.Headers;
        target.GrpcStatus = code == RpcStatusCode.OK ? StatusOk : CallErrors.StatusText(code);
        if (message.Length > 0)
        {
            target.GrpcMessage = RpcStatusText.Encode(message);
        }

        Append(_trailers, target);
        Append(trailers, target);
    }

    /// <summary>A subtype the client named (<c>+proto</c>) is confirmed, as grpc-go does.</summary>
    private StringValues ReplyContentType()
    {
        string? asked = _request.Headers.ContentType;
        if (asked is null || asked.Length <= RpcHeaderNames.ContentTypeValue.Length || asked[RpcHeaderNames.ContentTypeValue.Length] != '+'
            || !asked.StartsWith(RpcHeaderNames.ContentTypeValue, StringComparison.Ordinal))
        {
            return ContentType;
        }

        int end = asked.IndexOf(';', StringComparison.Ordinal);
        return end < 0 ? asked : asked[..end];
    }

    private bool AcceptsGzip()
    {
        StringValues accepted = _request.Headers.GrpcAcceptEncoding;
        return accepted.Count == 0 || accepted.ToString().Contains(RpcHeaderNames.Gzip, StringComparison.Ordinal);
    }

    private void ReadRequestHeaders(RpcMetadata destination)
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
