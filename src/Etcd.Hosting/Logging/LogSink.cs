namespace Etcd.Hosting.Logging;

/// <summary>Where log lines go: standard error, standard output, files, or several of them. Whole lines, in order, from any thread.</summary>
public sealed class LogSink : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<Stream> _streams;

    private LogSink(IReadOnlyList<Stream> streams) => _streams = streams;

    /// <summary>Opens the outputs that <c>--log-outputs</c> names.</summary>
    /// <param name="outputs"><c>default</c> and <c>stderr</c>, <c>stdout</c>, or paths of files to append to.</param>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static LogSink Open(IEnumerable<string> outputs) => new([.. outputs.Select(OpenOne)]);

    /// <summary>Writes one line; its end is part of it.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            foreach (Stream stream in _streams)
            {
                try
                {
                    stream.Write(line);
                    stream.Flush();
                }
                catch (IOException)
                {
                    // A full disk under the log loses lines, as in etcd; it must not take the member down, and there is nowhere to say so.
                }
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Stream stream in _streams)
        {
            stream.Dispose();
        }
    }

    private static Stream OpenOne(string output) => output switch
    {
        "default" or "stderr" => Console.OpenStandardError(),
        "stdout" => Console.OpenStandardOutput(),
        _ => new FileStream(output, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,

            // A line goes out whole and at once; what could not be written must not come back when the stream is closed.
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }),
    };
}
