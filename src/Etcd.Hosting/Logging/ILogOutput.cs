using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>One place where log lines go. Calls come one at a time.</summary>
internal interface ILogOutput : IDisposable
{
    /// <summary>Whether this is a file that somebody may move away, so that <see cref="Reopen"/> is of use.</summary>
    bool IsFile { get; }

    /// <summary>Writes a line; its end is part of it.</summary>
    /// <exception cref="IOException">The line is lost.</exception>
    void Write(LogLevel level, ReadOnlySpan<byte> line);

    /// <summary>Begins a new file if the old one was moved away.</summary>
    /// <exception cref="IOException">The file cannot be opened; the old one stays in use.</exception>
    void Reopen();
}
