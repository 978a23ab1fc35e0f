using Etcd.Hosting.Settings;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>The logs of the program, put together from its settings.</summary>
internal sealed class ProgramLogging : IDisposable
{
    private readonly LogSink _sink;

    private ProgramLogging(LogSink sink, LogLevelSwitch level, ILoggerFactory loggers)
    {
        _sink = sink;
        Level = level;
        Loggers = loggers;
    }

    /// <summary>Where the parts of the program get their loggers.</summary>
    internal ILoggerFactory Loggers { get; }

    /// <summary>What is logged.</summary>
    internal LogLevelSwitch Level { get; }

    /// <summary>Whether lines go into a file.</summary>
    internal bool HasFiles => _sink.HasFiles;

    /// <summary>Opens the outputs.</summary>
    /// <exception cref="SettingsException">An output cannot be opened.</exception>
    internal static ProgramLogging Open(MemberSettings settings)
    {
        try
        {
            var sink = LogSink.Open(settings.LogOutputs, settings.LogRotation, TimeProvider.System);
            var level = new LogLevelSwitch(settings.LogLevel);
            var provider = new LineLoggerProvider(sink, level, settings.LogFormat, TimeProvider.System);
            return new ProgramLogging(sink, level, LoggerFactory.Create(builder => builder
                .SetMinimumLevel(LogLevel.Trace)
                .AddFilter("Microsoft", LogLevel.Warning)
                .AddProvider(provider)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"cannot open log output: {failure.Message}");
        }
    }

    /// <summary>Begins new files where others have moved the old ones away.</summary>
    /// <exception cref="IOException">A file cannot be opened; its old one stays in use.</exception>
    internal void Reopen() => _sink.Reopen();

    /// <inheritdoc />
    public void Dispose() => Loggers.Dispose();
}
