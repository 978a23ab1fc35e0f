using Microsoft.Extensions.Logging;

namespace Etcd.Server.Tests.Observation;

/// <summary>What was logged as a warning or worse, as <c>message key=value …</c>. For one thread.</summary>
internal sealed class WarningLines : ILogger
{
    private readonly List<string> _lines = [];

    internal IReadOnlyList<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            IEnumerable<KeyValuePair<string, object?>> facts = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            _lines.Add(string.Join(' ', [
                formatter(state, exception),
                .. facts.Where(fact => fact.Key != "{OriginalFormat}").Select(fact => $"{fact.Key}={fact.Value}"),
            ]));
        }
    }
}
