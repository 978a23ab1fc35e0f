using Etcd.Simulation.Schedule;

using Microsoft.Extensions.Logging;

namespace Etcd.Simulation.Members;

/// <summary>Log lines of a member as lines of the trace.</summary>
internal sealed class TraceLoggerFactory(EventQueue queue, string member) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the trace is the only place these lines go to");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        queue.Trace.Tell(queue.NowTicks, $"{member} {logLevel}: {formatter(state, exception)}");

    public void Dispose()
    {
        // Nothing is held.
    }
}
