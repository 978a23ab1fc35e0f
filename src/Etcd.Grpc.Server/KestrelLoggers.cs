using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server;

/// <summary>Kestrel's loggers without the one warning that is wrong here: it takes a port for one without TLS, and HTTP/2 for switched off there, unless its own
/// TLS is set up.</summary>
internal sealed class KestrelLoggers(ILoggerFactory inner) : ILoggerFactory
{
    private const string WrongWarning = "Http2DisabledWithHttp1AndNoTls";

    public ILogger CreateLogger(string categoryName) => new Filter(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>Nothing: the inner factory belongs to whoever made it.</summary>
    public void Dispose()
    {
    }

    private sealed class Filter(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name != WrongWarning)
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
