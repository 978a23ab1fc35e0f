using System.Net;

namespace Etcd.Grpc.Transport.SocketsHttp;

/// <summary>Request body that is written while the call goes on.</summary>
internal sealed class RequestStreamContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream to write to, once the request is under way.</summary>
    public Task<Stream> Opened => _stream.Task;

    /// <summary>Ends the body.</summary>
    public void Complete() => _done.TrySetResult();

    /// <summary>Ends everything that waits for the request: it failed.</summary>
    public void Fail(Exception failure)
    {
        _stream.TrySetException(failure);

        // Seen or not, the failure is reported by the call itself.
        _ = _stream.Task.Exception;
        _done.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers leave now, whether or not a message follows soon.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _stream.TrySetResult(stream);
        await _done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
