using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>Writes one JSON object a line with etcd's field names: <c>level</c>, <c>ts</c>, <c>caller</c>, <c>msg</c>, then the facts.</summary>
public sealed class JsonLineLoggerProvider : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, JsonLineLogger> _loggers = new(StringComparer.Ordinal);
    private readonly LogSink _sink;
    private readonly LogLevel _minimum;
    private readonly TimeProvider _time;

    /// <summary>Creates the provider.</summary>
    /// <param name="sink">Where lines go; the provider disposes it.</param>
    /// <param name="minimum">Level below which nothing is written.</param>
    /// <param name="time">Source of the time stamps.</param>
    public JsonLineLoggerProvider(LogSink sink, LogLevel minimum, TimeProvider time)
    {
        _sink = sink;
        _minimum = minimum;
        _time = time;
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, name => new JsonLineLogger(name, _sink, _minimum, _time));

    /// <inheritdoc />
    public void Dispose() => _sink.Dispose();
}
