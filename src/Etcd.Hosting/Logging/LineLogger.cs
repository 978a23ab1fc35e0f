using System.Buffers;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>The logger of one component.</summary>
internal sealed class LineLogger : ILogger
{
    private readonly string _component;
    private readonly LogSink _sink;
    private readonly LogLevelSwitch _level;
    private readonly LogFormat _format;
    private readonly TimeProvider _time;

    internal LineLogger(string category, LogSink sink, LogLevelSwitch level, LogFormat format, TimeProvider time)
    {
        _component = FieldNames.Component(category);
        _sink = sink;
        _level = level;
        _format = format;
        _time = time;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _level.Current && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string caller = eventId.Name is null ? _component : $"{_component}:{eventId.Name}";
        var line = new LogLine(logLevel, _time.GetUtcNow().UtcDateTime, caller, formatter(state, null), Facts(state, exception));
        var bytes = new ArrayBufferWriter<byte>(512);
        if (_format == LogFormat.Json)
        {
            JsonLineFormat.Write(bytes, line);
        }
        else
        {
            ConsoleLineFormat.Write(bytes, line);
        }

        _sink.Write(logLevel, bytes.WrittenSpan);
    }

    private static List<KeyValuePair<string, object?>> Facts<TState>(TState state, Exception? exception)
    {
        var facts = new List<KeyValuePair<string, object?>>();
        if (state is IReadOnlyList<KeyValuePair<string, object?>> given)
        {
            foreach ((string name, object? value) in given)
            {
                if (name is not ("{OriginalFormat}" or "message"))
                {
                    facts.Add(new(FieldNames.Fact(name), value));
                }
            }
        }

        if (exception is not null)
        {
            facts.Add(new("error", exception.Message));
        }

        return facts;
    }
}
