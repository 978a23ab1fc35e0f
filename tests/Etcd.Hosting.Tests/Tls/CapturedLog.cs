using System.Threading.Channels;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests.Tls;

/// <summary>The warnings and errors a member logs, as <c>message key=value …</c>.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <summary>The next line with a text in it.</summary>
    /// <exception cref="TimeoutException">It does not come.</exception>
    public async Task<string> NextWithAsync(string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await foreach (string line in _lines.Reader.ReadAllAsync(limit.Token))
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new TimeoutException($"no line with: {text}");
    }

    /// <summary>How many lines with a text have come since the last look.</summary>
    public int TakeCount(string text)
    {
        int count = 0;
        while (_lines.Reader.TryRead(out string? line))
        {
            count += line.Contains(text, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            IEnumerable<KeyValuePair<string, object?>> facts = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            _lines.Writer.TryWrite($"{formatter(state, exception)} {string.Join(' ', facts.Select(fact => $"{fact.Key}={fact.Value}"))} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
