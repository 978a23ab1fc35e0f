using System.IO.Pipelines;
using System.Net.Security;

namespace Etcd.Grpc.Server.Tls;

/// <summary>The decrypted side of a connection.</summary>
internal sealed class TlsPipe(SslStream stream) : IDuplexPipe
{
    // A client that no longer reads must not hold the connection for its sake.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    // A TLS record carries at most 16 KiB: one read takes a whole one.
    private const int ReadBytes = 16 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBytes, leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

    /// <summary>Waits until the client has sent something, which stays unread.</summary>
    /// <returns><see langword="false"/> when it went away before.</returns>
    public async ValueTask<bool> WaitForFirstBytesAsync(CancellationToken cancellationToken)
    {
        ReadResult result = await Input.ReadAsync(cancellationToken).ConfigureAwait(false);
        bool hasAny = !result.Buffer.IsEmpty;
        Input.AdvanceTo(result.Buffer.Start);
        return hasAny;
    }

    /// <summary>Says goodbye and frees the buffers; the stream itself stays the caller's.</summary>
    public async ValueTask CloseAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        try
        {
            await SayGoodbyeAsync().WaitAsync(GoodbyeTimeout).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException or TimeoutException)
        {
            // The client is gone, or does not listen: there is nobody to say goodbye to.
        }
    }

    private async Task SayGoodbyeAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        await stream.ShutdownAsync().ConfigureAwait(false);
    }
}
