using System.Net.Sockets;
using System.Text;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>The journal of systemd: each line is a message with its priority (systemd's native protocol).</summary>
internal sealed class JournalLogOutput : ILogOutput
{
    private static readonly byte[] Identifier = "\nSYSLOG_IDENTIFIER=etcd\n"u8.ToArray();

    private readonly Socket _socket;

    /// <summary>Connects to the journal.</summary>
    /// <param name="path">The journal's socket.</param>
    /// <exception cref="IOException">No journal listens there.</exception>
    internal JournalLogOutput(string path)
    {
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException failure)
        {
            _socket.Dispose();
            throw new IOException($"can't find journal ({path}: {failure.Message})", failure);
        }
    }

    /// <summary>Where the journal listens.</summary>
    internal const string DefaultPath = "/run/systemd/journal/socket";

    public bool IsFile => false;

    public void Write(LogLevel level, ReadOnlySpan<byte> line)
    {
        // A line of a log has no line breaks inside, so the simple form of a field is enough.
        byte[] head = Encoding.ASCII.GetBytes($"PRIORITY={Priority(level)}\nMESSAGE=");
        byte[] datagram = [.. head, .. line.TrimEnd((byte)'\n'), .. Identifier];
        try
        {
            _socket.Send(datagram);
        }
        catch (SocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    public void Reopen()
    {
        // The journal keeps its own files.
    }

    public void Dispose() => _socket.Dispose();

    // syslog(3).
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };
}
