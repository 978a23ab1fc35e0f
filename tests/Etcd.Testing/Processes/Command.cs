using System.Diagnostics;
using System.Text;

namespace Etcd.Testing.Processes;

/// <summary>A program with its arguments, run to its end within a limit.</summary>
public sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>How long the program may take before it is killed and the run fails.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Text for its standard input; empty for none.</summary>
    public string Input { get; init; } = "";

    /// <summary>How its output is read; Latin-1 keeps every byte apart.</summary>
    public Encoding OutputEncoding { get; init; } = Encoding.UTF8;

    /// <summary>Variables added to this process's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs the program.</summary>
    /// <exception cref="TimeoutException">It was still running at the limit.</exception>
    public async Task<CommandOutcome> RunAsync(CancellationToken cancellationToken = default)
    {
        long started = Stopwatch.GetTimestamp();
        using Process process = Start();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await FeedAsync(process.StandardInput).ConfigureAwait(false);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"$ {CommandLine}\nstill running after {Limit}\n-- output\n{await output.ConfigureAwait(false)}\n-- errors\n{await errors.ConfigureAwait(false)}");
        }
        finally
        {
            ProcessReaper.Remove(process.Id);
        }

        return new CommandOutcome(CommandLine, process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false),
            Stopwatch.GetElapsedTime(started));
    }

    internal string CommandLine => string.Join(' ', [Path.GetFileName(Program), .. Arguments.Select(Quote)]);

    internal Process Start()
    {
        // A test run that was started in the background ignores signals, and so would the programs it starts.
        var start = new ProcessStartInfo(InheritedSignals.AreIgnored ? InheritedSignals.Resetter : Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = OutputEncoding,
        };
        string[] resetting = InheritedSignals.AreIgnored ? [InheritedSignals.ResetterArgument, Program] : [];
        foreach (string argument in resetting.Concat(Arguments))
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        ProcessReaper.Add(process.Id);
        return process;
    }

    private async Task FeedAsync(StreamWriter input)
    {
        try
        {
            await input.WriteAsync(Input).ConfigureAwait(false);
            input.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input, which is its right: the outcome tells whether that was an error.
        }
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(character => char.IsLetterOrDigit(character) || "-_=./:,@%+".Contains(character)) ? argument : $"'{argument}'";
}
