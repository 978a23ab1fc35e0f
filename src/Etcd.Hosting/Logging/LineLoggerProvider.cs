using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>Writes log lines in etcd's forms.</summary>
public sealed class LineLoggerProvider : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, LineLogger> _loggers = new(StringComparer.Ordinal);
    private readonly LogSink _sink;
    private readonly LogLevelSwitch _level;
    private readonly LogFormat _format;
    private readonly TimeProvider _time;

    /// <summary>Creates the provider.</summary>
    /// <param name="sink">Where lines go; the provider disposes it.</param>
    /// <param name="level">Level below which nothing is written.</param>
    /// <param name="format">How a line looks.</param>
    /// <param name="time">Source of the time stamps.</param>
    public LineLoggerProvider(LogSink sink, LogLevelSwitch level, LogFormat format, TimeProvider time)
    {
        _sink = sink;
        _level = level;
        _format = format;
        _time = time;
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, name => new LineLogger(name, _sink, _level, _format, _time));

    /// <inheritdoc />
    public void Dispose() => _sink.Dispose();
}
