using System.Net.Sockets;

using Etcd.Hosting.Service;
using Etcd.Hosting.Settings;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary>Runs a proxy until the process is told to stop.</summary>
internal static class CommandRun
{
    private const int Success = 0;
    private const int Failure = 1;

    /// <summary>Starts it and waits.</summary>
    /// <param name="isDebug">Whether everything is logged.</param>
    /// <param name="startAsync">Starts it, and gives what stops it.</param>
    /// <returns>The exit code: 0 after a stop that was asked for, 1 when it could not start.</returns>
    internal static async Task<int> UntilStoppedAsync(bool isDebug, Func<ILoggerFactory, CancellationToken, Task<IAsyncDisposable>> startAsync)
    {
        using var program = ServiceProgram.Begin(new MemberSettings { LogLevel = isDebug ? LogLevel.Debug : LogLevel.Information });
        try
        {
            IAsyncDisposable running = await startAsync(program.Loggers, program.Stopping).ConfigureAwait(false);
            await using (running.ConfigureAwait(false))
            {
                program.Ready();
                await Task.Delay(Timeout.InfiniteTimeSpan, program.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                program.Ending();
            }

            return Success;
        }
        catch (OperationCanceledException) when (program.Stopping.IsCancellationRequested)
        {
            return Success;
        }
        catch (Exception failure) when (failure is IOException or FormatException or SocketException or SettingsException)
        {
            program.Failed(failure.Message);
            return Failure;
        }
    }
}
