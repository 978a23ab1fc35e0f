using System.Diagnostics;

namespace Etcd.Testing.Processes;

/// <summary>A program that keeps running (a watch, a keep-alive, a server) while a test reads its lines and talks to it.</summary>
public sealed class RunningCommand : IAsyncDisposable
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _pumps;
    private bool _isForgotten;

    private RunningCommand(Command command, string? logPath)
    {
        Output = new LineLog(null);
        Errors = new LineLog(logPath);
        _process = command.Start();
        _pumps = Task.WhenAll(Output.PumpAsync(_process.StandardOutput), Errors.PumpAsync(_process.StandardError));
    }

    /// <summary>Its standard output.</summary>
    public LineLog Output { get; }

    /// <summary>Its standard error; for a server this is the log.</summary>
    public LineLog Errors { get; }

    public int ProcessId => _process.Id;

    public Process Process => _process;

    public bool HasExited => _process.HasExited;

    /// <param name="logPath">Where a copy of standard error is kept; none when absent.</param>
    public static RunningCommand Start(Command command, string? logPath = null) => new(command, logPath);

    public async Task WriteLineAsync(string line, CancellationToken cancellationToken = default)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
        await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code; 128 + number when a signal ended it.</returns>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        try
        {
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(limit ?? ExitLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"the process did not end within {limit ?? ExitLimit}; last lines:\n{Errors.Tail()}");
        }

        await _pumps.ConfigureAwait(false);
        Forget();
        return _process.ExitCode;
    }

    /// <summary>Ends it as <c>kill -9</c> does and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        ProcessSignals.SendKill(_process);
        await WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>Asks it to stop with SIGTERM and waits until it is gone.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync(TimeSpan? limit = null)
    {
        ProcessSignals.SendTerminate(_process);
        return await WaitForExitAsync(limit).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync().ConfigureAwait(false);
        }

        await _pumps.ConfigureAwait(false);
        Forget();
        _process.Dispose();
        Output.Dispose();
        Errors.Dispose();
    }

    private void Forget()
    {
        if (!_isForgotten)
        {
            _isForgotten = true;
            ProcessReaper.Remove(_process.Id);
        }
    }
}
