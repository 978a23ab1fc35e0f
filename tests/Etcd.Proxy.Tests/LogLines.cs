using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Tests;

/// <summary>The errors that were logged, as <c>message key=value …</c>.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _errors = new();

    internal IReadOnlyCollection<string> Errors => _errors;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            IEnumerable<KeyValuePair<string, object?>> facts = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            _errors.Enqueue($"{formatter(state, exception)} {string.Join(' ', facts.Select(fact => $"{fact.Key}={fact.Value}"))}");
        }
    }

    public void Dispose()
    {
    }
}
