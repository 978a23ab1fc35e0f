using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Etcd.Grpc.Server.Ports;

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

    /// <summary>Waits until the client has begun to speak; what it has sent stays unread. With HTTP/2 that is its whole preface: the HTTP stack
    /// waits for the rest of one as long as for a connection at rest.</summary>
    /// <returns><see langword="false"/> when it went away before.</returns>
    public async ValueTask<bool> WaitForFirstBytesAsync(CancellationToken cancellationToken)
    {
        bool isHttp2 = stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
        while (true)
        {
            ReadResult result = await Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> start = result.Buffer;
            bool hasBegun = !start.IsEmpty && (!isHttp2 || HasPreface(start));
            if (hasBegun || result.IsCompleted)
            {
                Input.AdvanceTo(start.Start);
                return hasBegun;
            }

            Input.AdvanceTo(start.Start, start.End);
        }
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

    private static bool HasPreface(ReadOnlySequence<byte> start)
    {
        Span<byte> bytes = stackalloc byte[HttpPreface.SizeBytes];
        bytes = bytes[..(int)Math.Min(start.Length, HttpPreface.SizeBytes)];
        start.Slice(0, bytes.Length).CopyTo(bytes);
        return HttpPreface.TryDetect(bytes, out _);
    }

    private async Task SayGoodbyeAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        await stream.ShutdownAsync().ConfigureAwait(false);
    }
}
