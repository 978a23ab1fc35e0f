using Etcd.Hosting.Logging;
using Etcd.Hosting.Settings;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Service;

/// <summary>What every long-running program of this project has: logs, signals, and a service manager that waits for it.</summary>
public sealed class ServiceProgram : IDisposable
{
    private readonly ProgramLogging _logging;
    private readonly HostLog _log;
    private readonly ProgramSignals _signals;
    private readonly SystemdNotifier _systemd;

    private ServiceProgram(ProgramLogging logging)
    {
        _logging = logging;
        _log = new HostLog(logging.Loggers.CreateLogger<MemberHost>());
        _signals = new ProgramSignals(logging, _log);
        _systemd = new SystemdNotifier(Environment.GetEnvironmentVariable(SystemdNotifier.Variable), _log);
    }

    /// <summary>Where the parts of the program get their loggers.</summary>
    public ILoggerFactory Loggers => _logging.Loggers;

    /// <summary>Cancelled when the program is asked to stop.</summary>
    public CancellationToken Stopping => _signals.Stopping;

    /// <summary>The program's own log lines.</summary>
    internal HostLog Log => _log;

    /// <summary>Opens the logs and takes the signals over.</summary>
    /// <param name="settings">The settings of the log.</param>
    /// <exception cref="SettingsException">A log output cannot be opened.</exception>
    public static ServiceProgram Begin(MemberSettings settings) => new(ProgramLogging.Open(settings));

    /// <summary>Tells the service manager that clients are served.</summary>
    public void Ready() => _systemd.Ready();

    /// <summary>Tells the service manager that the program ends.</summary>
    public void Ending() => _systemd.Stopping();

    /// <summary>Says in one line why the program cannot go on.</summary>
    /// <param name="reason">The reason, for an operator.</param>
    public void Failed(string reason) => _log.Failed(reason);

    /// <inheritdoc />
    public void Dispose()
    {
        _signals.Dispose();
        _logging.Dispose();
    }
}
