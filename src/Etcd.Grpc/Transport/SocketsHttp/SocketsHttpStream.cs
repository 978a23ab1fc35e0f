namespace Etcd.Grpc.Transport.SocketsHttp;

/// <summary>One call as a request of <see cref="SocketsHttpHandler"/>.</summary>
internal sealed class SocketsHttpStream : RpcTransportStream
{
    private readonly CancellationTokenSource _reset = new();
    private readonly HttpRequestMessage _request;
    private readonly RequestStreamContent? _requests;
    private readonly Task<HttpResponseMessage> _response;
    private readonly int _unaryBytesMax;
    private RpcReplyReader? _unary;
    private ReadOnlyMemory<byte> _reply;
    private Stream? _body;
    private bool _disposed;

    public SocketsHttpStream(HttpMessageInvoker invoker, HttpRequestMessage request, RequestStreamContent? requests, int unaryBytesMax)
    {
        _request = request;
        _requests = requests;
        _unaryBytesMax = unaryBytesMax;
        _response = SendAsync(invoker);
    }

    public override RpcHeaderBlock? Trailers => _trailers;

    private RpcHeaderBlock? _trailers;

    public override async ValueTask<RpcHeaderBlock> ReadHeadAsync(CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await WithErrorsAsync(_response.WaitAsync(cancellationToken)).ConfigureAwait(false);
        var head = new RpcHeaderBlock { HttpStatus = (int)response.StatusCode };
        Collect(response.Headers.NonValidated, head);
        Collect(response.Content.Headers.NonValidated, head);
        return head;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await WithErrorsAsync(_response.WaitAsync(cancellationToken)).ConfigureAwait(false);
        try
        {
            _body ??= await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int count = await _body.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
            if (count == 0 && _trailers is null)
            {
                var trailers = new RpcHeaderBlock();
                Collect(response.TrailingHeaders.NonValidated, trailers);
                _trailers = trailers;
            }

            return count;
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            throw TransportErrors.From(failure);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Stream stream = await WithErrorsAsync(_requests!.Opened.WaitAsync(cancellationToken)).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or ObjectDisposedException)
        {
            throw TransportErrors.From(failure);
        }
    }

    public override ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _requests!.Complete();
        return default;
    }

    public override async ValueTask WaitForUnaryReplyAsync(long? deadline)
    {
        _unary = new RpcReplyReader(this, _unaryBytesMax);
        ReadOnlyMemory<byte> message = await _unary.ReadMessageAsync(CancellationToken.None).ConfigureAwait(false)
            ?? throw ReplyRules.NoReply();

        // Only the status after the message says that the call succeeded, and reading it reuses the buffer.
        _reply = message.ToArray();
        if (await _unary.ReadMessageAsync(CancellationToken.None).ConfigureAwait(false) is not null)
        {
            throw ReplyRules.ManyReplies();
        }
    }

    public override ReadOnlySpan<byte> TakeUnaryReply() => _reply.Span;

    public override void Cancel()
    {
        try
        {
            _reset.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended at this very moment.
        }
    }

    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _reset.Cancel();
        _unary?.Dispose();
        if (_response.IsCompletedSuccessfully)
        {
            _response.Result.Dispose();
        }

        _requests?.Fail(new OperationCanceledException());
        _request.Dispose();
        _reset.Dispose();
    }

    private static void Collect(System.Net.Http.Headers.HttpHeadersNonValidated headers, RpcHeaderBlock block)
    {
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in headers)
        {
            string lower = name.ToLowerInvariant();
            foreach (string value in values)
            {
                block.Add(lower, value);
            }
        }
    }

    private static async ValueTask<T> WithErrorsAsync<T>(Task<T> pending)
    {
        try
        {
            return await pending.ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            throw TransportErrors.From(failure);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker)
    {
        try
        {
            return await invoker.SendAsync(_request, _reset.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _requests?.Fail(failure);
            throw;
        }
    }
}
