using System.Runtime.InteropServices;

using Etcd.Hosting.Logging;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Service;

/// <summary>What the program does when it gets a signal.</summary>
internal sealed class ProgramSignals : IDisposable
{
    // Signal numbers of Linux that .NET has no name for.
    private const PosixSignal MoreLogging = (PosixSignal)10;
    private const PosixSignal UsualLogging = (PosixSignal)12;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ProgramLogging _logging;
    private readonly HostLog _log;

    /// <summary>Takes the signals over.</summary>
    internal ProgramSignals(ProgramLogging logging, HostLog log)
    {
        _logging = logging;
        _log = log;
        On(PosixSignal.SIGTERM, () => Stop("terminated"));
        On(PosixSignal.SIGINT, () => Stop("interrupt"));
        On(MoreLogging, () => Level(() => logging.Level.Set(LogLevel.Debug)));
        On(UsualLogging, () => Level(logging.Level.Reset));
        if (logging.HasFiles)
        {
            // Without a file the signal keeps its usual meaning: the terminal is gone, and the program ends with it.
            On(PosixSignal.SIGHUP, Reopen);
        }
    }

    /// <summary>Cancelled when the program is asked to stop.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <inheritdoc />
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void On(PosixSignal signal, Action act) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        // The default action would end the process at once.
        context.Cancel = true;
        act();
    }));

    private void Stop(string signal)
    {
        _log.Signalled(signal);
        _stop.Cancel();
    }

    private void Level(Action change)
    {
        change();
        _log.LevelChanged(LogLine.NameOf(_logging.Level.Current));
    }

    private void Reopen()
    {
        try
        {
            _logging.Reopen();
            _log.Reopened();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _log.Warning($"a log file could not be opened again, its old one stays in use: {failure.Message}");
        }
    }
}
