using System.Diagnostics;
using System.Net.Sockets;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Reads a connection, in one of two ways: a loop in the background, or the very callers that wait for a reply.</summary>
/// <remarks>
/// The second way is for programs that make a call or two and end: it needs no thread pool, no timer and no event loop, all of which
/// cost more to start than such a call takes. Streams that got something are woken once per read, not once per frame.
/// </remarks>
internal sealed class Http2Reader(Http2Connection connection, Stream io, Http2Output output) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Lock _turn = new();
    private readonly Http2Receiver _receiver = new(connection);
    private readonly List<Http2Stream> _touched = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start;
    private int _end;
    private Task? _loop;

    /// <summary>Completes when the background loop has ended.</summary>
    public Task Completion => _loop ?? Task.CompletedTask;

    /// <summary>Whether the background loop reads.</summary>
    public bool IsInBackground => _loop is not null;

    /// <summary>Reads in the background from now on.</summary>
    public void StartBackground()
    {
        lock (_turn)
        {
            if (_loop is null)
            {
                _loop = ReadAllAsync();
                connection.StartKeepAlive();
            }
        }
    }

    /// <summary>Notes that a stream is to be woken after the current read.</summary>
    public void Touch(Http2Stream stream)
    {
        if (!stream.IsTouched)
        {
            stream.IsTouched = true;
            _touched.Add(stream);
        }
    }

    /// <summary>Reads on the calling thread until a stream's reply is whole or the stream has failed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="deadline">Timestamp to give up at; <see langword="null"/>: never.</param>
    /// <exception cref="OperationCanceledException">The deadline passed.</exception>
    public void ReadUntilDone(Http2Stream stream, long? deadline)
    {
        lock (_turn)
        {
            while (!stream.IsDone && _loop is null)
            {
                ReadOnce(deadline);
            }
        }
    }

    public void Dispose() => _receiver.Dispose();

    private void ReadOnce(long? deadline)
    {
        try
        {
            io.ReadTimeout = deadline is { } at ? MillisecondsUntil(at) : Timeout.Infinite;
            Take(io.Read(_buffer, _end, _buffer.Length - _end));
        }
        catch (IOException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock })
        {
            throw new OperationCanceledException("the deadline passed", failure);
        }
        catch (Http2ConnectionException violation)
        {
            connection.Close(violation);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            connection.Close(connection.Lost(failure));
        }
    }

    private async Task ReadAllAsync()
    {
        try
        {
            while (true)
            {
                int count = await io.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
                if (!Take(count))
                {
                    return;
                }
            }
        }
        catch (Http2ConnectionException violation)
        {
            connection.Close(violation);
        }
        catch (Exception failure)
        {
            // Whatever it is, no call may hang on a connection that nobody reads.
            connection.Close(connection.Lost(failure));
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Takes all whole frames in, sends what they called for, and wakes the streams they touched.</summary>
    /// <returns><see langword="false"/> when the connection is over.</returns>
    private bool Take(int count)
    {
        if (count == 0)
        {
            connection.Close(connection.Lost(null));
            return false;
        }

        _end += count;
        connection.Heard();
        output.Hold();
        try
        {
            _start += _receiver.TakeFrames(_buffer.AsSpan(_start, _end - _start));
            foreach (Http2Stream stream in _touched)
            {
                stream.Wake();
            }
        }
        finally
        {
            _touched.Clear();
            output.Release();
        }

        // A frame is at most a quarter of the buffer, so that what moves is little.
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        return true;
    }

    private static int MillisecondsUntil(long deadline)
    {
        double left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline).TotalMilliseconds;
        return left > 0
            ? (int)Math.Min(Math.Ceiling(left), int.MaxValue)
            : throw new OperationCanceledException("the deadline passed");
    }
}
