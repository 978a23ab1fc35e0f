using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>A file that is appended to.</summary>
internal sealed class FileLogOutput(string path) : ILogOutput
{
    private FileStream _file = Open(path);

    public bool IsFile => true;

    public void Write(LogLevel level, ReadOnlySpan<byte> line) => _file.Write(line);

    public void Reopen()
    {
        FileStream replaced = _file;
        _file = Open(path);
        replaced.Dispose();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Opens a log file for appending; others may not read a new one.</summary>
    /// <param name="path">Where the file is, or is created.</param>
    internal static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,

        // A line goes out whole and at once; what could not be written must not come back when the stream is closed.
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
