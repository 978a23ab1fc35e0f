using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Etcd.Peer.Tests.Transport;

/// <summary>The warnings and worse that a member logs, as <c>message key=value …</c>.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            IEnumerable<KeyValuePair<string, object?>> facts = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            _lines.Enqueue($"{formatter(state, exception)} {string.Join(' ', facts.Select(fact => $"{fact.Key}={fact.Value}"))}");
        }
    }

    /// <summary>The lines with a message.</summary>
    public string[] With(string message) => [.. _lines.Where(line => line.StartsWith(message, StringComparison.Ordinal))];

    public void Dispose()
    {
    }
}
