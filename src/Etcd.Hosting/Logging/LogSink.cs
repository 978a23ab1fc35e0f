using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>Where log lines go: standard error, standard output, files, the journal, or several of them. Whole lines, in order, from any thread.</summary>
public sealed class LogSink : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<ILogOutput> _outputs;

    private LogSink(IReadOnlyList<ILogOutput> outputs) => _outputs = outputs;

    /// <summary>Whether lines go into a file.</summary>
    public bool HasFiles => _outputs.Any(output => output.IsFile);

    /// <summary>Opens the outputs that <c>--log-outputs</c> names.</summary>
    /// <param name="outputs"><c>default</c> and <c>stderr</c>, <c>stdout</c>, <c>systemd/journal</c>, or paths of files to append to.</param>
    /// <param name="rotation">When files are put aside; <see langword="null"/> never does.</param>
    /// <param name="time">The clock for the names of files put aside.</param>
    /// <exception cref="IOException">An output cannot be opened.</exception>
    public static LogSink Open(IEnumerable<string> outputs, LogRotation? rotation, TimeProvider time)
    {
        var opened = new List<ILogOutput>();
        try
        {
            foreach (string output in outputs)
            {
                opened.Add(OpenOne(output, rotation, time));
            }

            return new LogSink(opened);
        }
        catch
        {
            opened.ForEach(output => output.Dispose());
            throw;
        }
    }

    /// <summary>Writes one line; its end is part of it.</summary>
    /// <param name="level">How serious it is.</param>
    /// <param name="line">The line.</param>
    public void Write(LogLevel level, ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            foreach (ILogOutput output in _outputs)
            {
                try
                {
                    output.Write(level, line);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    // A full disk under the log loses lines, as in etcd; it must not take the member down, and there is nowhere to say so.
                }
            }
        }
    }

    /// <summary>Begins new files where others have moved the old ones away.</summary>
    /// <exception cref="IOException">A file cannot be opened; its old one stays in use.</exception>
    public void Reopen()
    {
        lock (_gate)
        {
            foreach (ILogOutput output in _outputs)
            {
                output.Reopen();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (ILogOutput output in _outputs)
        {
            output.Dispose();
        }
    }

    private static ILogOutput OpenOne(string output, LogRotation? rotation, TimeProvider time) => output switch
    {
        "default" or "stderr" => new StandardLogOutput(Console.OpenStandardError()),
        "stdout" => new StandardLogOutput(Console.OpenStandardOutput()),
        "systemd/journal" => new JournalLogOutput(JournalLogOutput.DefaultPath),
        _ when rotation is not null => new RotatedLogOutput(output, rotation, time),
        _ => new FileLogOutput(output),
    };
}
