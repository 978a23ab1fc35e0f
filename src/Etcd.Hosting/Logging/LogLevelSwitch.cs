using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>The level below which nothing is logged. It can be changed while the member runs, from any thread.</summary>
public sealed class LogLevelSwitch
{
    private readonly LogLevel _configured;
    private volatile LogLevel _current;

    /// <summary>Creates the switch.</summary>
    /// <param name="configured">The level of the settings, in force until another one is chosen.</param>
    public LogLevelSwitch(LogLevel configured) => _current = _configured = configured;

    /// <summary>The level in force.</summary>
    public LogLevel Current => _current;

    /// <summary>Logs more or less from here on.</summary>
    /// <param name="level">The lowest level that is logged.</param>
    public void Set(LogLevel level) => _current = level;

    /// <summary>Goes back to the level of the settings.</summary>
    public void Reset() => _current = _configured;
}
