using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>Standard error or standard output.</summary>
internal sealed class StandardLogOutput(Stream stream) : ILogOutput
{
    public bool IsFile => false;

    public void Write(LogLevel level, ReadOnlySpan<byte> line)
    {
        stream.Write(line);
        stream.Flush();
    }

    public void Reopen()
    {
        // The stream belongs to whoever started the process.
    }

    public void Dispose() => stream.Dispose();
}
