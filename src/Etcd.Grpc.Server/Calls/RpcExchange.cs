using System.Diagnostics;
using System.IO.Pipelines;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Calls;

/// <summary>One HTTP/2 stream seen as an RPC: what a call does from its first byte to its status, whatever carries it. Lives as long as the
/// stream object of the connection, which serves call after call.</summary>
internal abstract class RpcExchange : RpcServerCall, IDisposable
{
    private readonly RpcDispatch _dispatch;
    private readonly RequestFrames _requests;
    private readonly ReplyFrames _replies;
    private readonly CallDeadline _deadline;
    private readonly RpcServerOptions _options;
    private readonly PingPolicy? _pings;

    private RpcServerMethod? _method;
    private RpcMetadata? _requestHeaders;
    private RpcMetadata? _responseHeaders;
    private RpcMetadata? _trailers;
    private bool _requestHeadersRead;
    private bool _responseStarted;
    private bool _reported;
    private bool _isCounted;
    private long _startedAt;
    private long _replyBytes;
    private Activity? _span;

    /// <summary>Creates the object for a stream object of a connection.</summary>
    /// <param name="dispatch">Finds the handlers.</param>
    /// <param name="pings">What the connection's pings are counted against; <see langword="null"/>: nothing.</param>
    /// <param name="unfinished">Counts messages that are not whole; <see langword="null"/>: whatever carries the stream does.</param>
    protected RpcExchange(RpcDispatch dispatch, PingPolicy? pings, UnfinishedMessages? unfinished)
    {
        _pings = pings;
        _dispatch = dispatch;
        _options = dispatch.Options;
        _requests = new RequestFrames(this, unfinished);
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

    public override CancellationToken CancellationToken => _deadline.Token(ClientGone);

    /// <summary>Method of the HTTP request.</summary>
    public abstract string HttpMethod { get; }

    /// <summary>Path of the HTTP request.</summary>
    public abstract string Path { get; }

    /// <summary>How long the call was there before it was served: so much of its time is over.</summary>
    public virtual TimeSpan Waited => TimeSpan.Zero;

    /// <summary>Cancelled when the client resets the stream or goes away.</summary>
    protected abstract CancellationToken ClientGone { get; }

    /// <summary>Whether the call must not end before the client has ended its request.</summary>
    protected abstract bool WaitsForEndOfRequest { get; }

    /// <summary>The body of the request.</summary>
    protected abstract PipeReader RequestBody { get; }

    /// <summary>The body of the reply.</summary>
    protected abstract PipeWriter ReplyBody { get; }

    /// <summary>The method called, when the table has it.</summary>
    public abstract RpcServerMethod? Find(RpcServiceTable table);

    /// <summary>Begins with a new request.</summary>
    protected void Attach()
    {
        _responseStarted = false;
        _reported = false;
        _requestHeadersRead = false;
        _method = null;
        _replyBytes = 0;
        ReplyItems = 0;
        ReplyMeter = null;
    }

    /// <summary>The call has failed in a way that leaves it without an end of its own: nothing of it must reach the next one.</summary>
    public void Abandon()
    {
        _deadline.Disarm();
        EndCount();
        GiveBack();
    }

    /// <summary>Lets go of everything that belongs to the request.</summary>
    public virtual void Detach()
    {
        _requests.ForgetUnfinished();
        _requestHeaders?.Clear();
        _responseHeaders?.Clear();
        _trailers?.Clear();
    }

    /// <summary>Refuses what arrived before any handler is chosen.</summary>
    public Task Refuse(int httpStatus, RpcException error)
    {
        _pings?.Sent();
        SetHttpStatus(httpStatus);
        WriteStatus(error.Code, error.Message, error.Trailers);
        Leave();
        return Task.CompletedTask;
    }

    /// <summary>Tells the client which message encodings it may use.</summary>
    public abstract void AnnounceEncodings();

    /// <summary>Sets the HTTP status of the reply; 200 unless it is set.</summary>
    protected abstract void SetHttpStatus(int status);

    /// <summary>Sets the headers of the reply.</summary>
    protected abstract void WriteHead(string contentType, bool usesGzip, RpcMetadata? metadata);

    /// <summary>Sets what ends the reply.</summary>
    /// <param name="isTrailer">Whether a body comes before it; else it is part of the head.</param>
    /// <param name="code">The status.</param>
    /// <param name="message">Its text, encoded for a header; may be empty.</param>
    /// <param name="trailers">The handler's own trailers.</param>
    /// <param name="errorTrailers">Those that came with an error.</param>
    protected abstract void WriteEnd(bool isTrailer, RpcStatusCode code, string message, RpcMetadata? trailers, RpcMetadata? errorTrailers);

    /// <summary>The reply cannot be ended properly: the stream is reset with <paramref name="code"/> of HTTP/2.</summary>
    protected abstract void ResetStream(int code);

    /// <summary>Tells the call in progress from others that the object serves.</summary>
    protected virtual int Number => 0;

    /// <summary>The call could not be ended: breaks it off, if whatever carries it does not do so by itself.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="number">The call's <see cref="Number"/>; the object may serve another by now.</param>
    /// <returns><see langword="false"/> when whatever carries the call is to be told instead.</returns>
    protected virtual bool TryBreakOff(Exception failure, int number) => false;

    /// <summary>Adds the application's own headers to <paramref name="destination"/>.</summary>
    protected abstract void ReadRequestHeaders(RpcMetadata destination);

    /// <summary>The call is over, and whatever it has to say is said. The last thing that is done with the object for this call.</summary>
    protected abstract void Leave();

    /// <summary>Serves the call with the handler of its method.</summary>
    public Task Serve(RpcServerMethod method, bool gzip, TimeSpan? timeout)
    {
        _method = method;
        _pings?.CallStarted();
        _isCounted = true;
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

        _requests.Start(RequestBody, gzip, _options.ReceiveBytesMax);
        _replies.Start(ReplyBody, gzip && AcceptsGzip());
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
        WriteHead(ReplyContentType(), _replies.UsesGzip, _responseHeaders);
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

    /// <summary>Whether the call's time is over.</summary>
    public bool HasDeadlinePassed => _deadline.HasPassed;

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
            await EndUnary(failure).ConfigureAwait(false);
            return;
        }

        await EndUnary(failure: null).ConfigureAwait(false);
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
            await EndUnary(failure).ConfigureAwait(false);
            return;
        }

        await EndUnary(failure: null).ConfigureAwait(false);
    }

    /// <summary>Ends a call that nobody waits for any more: what fails on the way ends it too.</summary>
    private Task EndUnary(Exception? failure)
    {
        int number = Number;
        try
        {
            return failure is null ? FinishUnary() : FailUnary(failure);
        }
        catch (Exception broken)
        {
            if (!TryBreakOff(broken, number))
            {
                throw;
            }

            return Task.CompletedTask;
        }
    }

    private Task FinishUnary()
    {
        if (WaitsForEndOfRequest && !_requests.IsBodyWhole)
        {
            return FinishAtEndOfBodyAsync(error: null);
        }

        Finish(RpcStatusCode.OK, string.Empty, trailers: null);
        return Task.CompletedTask;
    }

    private Task FailUnary(Exception failure)
    {
        RpcException error = ToStatus(failure);

        GiveBack();

        // A request that is refused for its bytes may go on without end, and is not waited for.
        if (WaitsForEndOfRequest && _requests.HoldsMessage && !_requests.IsBodyWhole)
        {
            return FinishAtEndOfBodyAsync(error);
        }

        FinishFailed(error);
        return Task.CompletedTask;
    }

    /// <summary>The reply is ready before the client has said that the request is all.</summary>
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
            await EndUnary(failure).ConfigureAwait(false);
            return;
        }

        await EndUnary(failure: null).ConfigureAwait(false);
    }

    /// <summary>What a unary reply holds is given back once the connection has taken it, and not before; the client may take its time to end its request.</summary>
    private ValueTask SendIfHeldAsync() => HeldUntilSent is null ? default : SendThenGiveBackAsync();

    private async ValueTask SendThenGiveBackAsync()
    {
        await SendHeldAsync(CancellationToken).ConfigureAwait(false);
        GiveBack();
    }

    private void GiveBack()
    {
        if (HeldUntilSent is { } held)
        {
            HeldUntilSent = null;
            held.Dispose();
        }
    }

    /// <summary>Sends what is written of a call that holds something others wait for; a client that does not take it in time loses the call.</summary>
    /// <param name="cancellationToken">Ends the wait, and the call with it.</param>
    public async ValueTask SendHeldAsync(CancellationToken cancellationToken)
    {
        TimeSpan patience = _options.HeldReplyTimeout + TimeSpan.FromSeconds((double)_replyBytes / _options.HeldReplyBytesPerSecondMin);
        using var slow = new CancellationTokenSource(patience, _options.Time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellationToken);
        try
        {
            await _replies.FlushBodyAsync(ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What the client has not taken would stay in the connection's memory, and be counted no longer.
            ResetStream(CallErrors.ResetCancel);
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
            EndStreaming(failure);
            return;
        }

        EndStreaming(failure: null);
    }

    /// <summary>Ends a call that nobody waits for any more: what fails on the way ends it too.</summary>
    private void EndStreaming(Exception? failure)
    {
        int number = Number;
        try
        {
            if (failure is null)
            {
                Finish(RpcStatusCode.OK, string.Empty, trailers: null);
            }
            else
            {
                FinishFailed(ToStatus(failure));
            }
        }
        catch (Exception broken)
        {
            if (!TryBreakOff(broken, number))
            {
                throw;
            }
        }
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

        _dispatch.Logger.HandlerFailed(failure, _method!.Path);
        return CallErrors.Unexpected();
    }

    private void FinishFailed(RpcException error)
    {
        if (_replies.IsTorn)
        {
            // A part of a reply is on its way and its end will never come: only a reset tells the client so.
            ResetStream(CallErrors.ResetInternalError);
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
            GiveBack();
            EndCount();
            if (_span is { } span)
            {
                _span = null;
                CallActivity.End(span, code, message);
            }

            _options.Observer?.CallHandled(_method!, code, took);
            Leave();
        }
    }

    private void EndCount()
    {
        if (_isCounted)
        {
            _isCounted = false;
            _pings?.CallEnded();
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
        bool isTrailer = _responseStarted || _replies.HasBody;
        StartResponse();
        WriteEnd(isTrailer, code, message.Length > 0 ? RpcStatusText.Encode(message) : message, _trailers, trailers);
    }

    /// <summary>A subtype the client named (<c>+proto</c>) is confirmed, as grpc-go does.</summary>
    private string ReplyContentType()
    {
        string? asked = RequestHeader(RpcHeaderNames.ContentType);
        if (asked is null || asked.Length <= RpcHeaderNames.ContentTypeValue.Length || asked[RpcHeaderNames.ContentTypeValue.Length] != '+'
            || !asked.StartsWith(RpcHeaderNames.ContentTypeValue, StringComparison.Ordinal))
        {
            return RpcHeaderNames.ContentTypeValue;
        }

        int end = asked.IndexOf(';', StringComparison.Ordinal);
        return end < 0 ? asked : asked[..end];
    }

    private bool AcceptsGzip() => RequestHeader(RpcHeaderNames.AcceptEncoding)?.Contains(RpcHeaderNames.Gzip, StringComparison.Ordinal) != false;
}
