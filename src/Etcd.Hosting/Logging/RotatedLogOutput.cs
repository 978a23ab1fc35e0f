using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>A log file that is put aside when it has reached its size.</summary>
internal sealed class RotatedLogOutput : ILogOutput
{
    private readonly string _path;
    private readonly long _bytesMax;
    private readonly LogBackups _backups;
    private FileStream _file;
    private Task _tidying;

    internal RotatedLogOutput(string path, LogRotation rotation, TimeProvider time)
    {
        _path = path;
        _bytesMax = rotation.BytesMax;
        _backups = new LogBackups(path, rotation, time);
        _file = FileLogOutput.Open(path);
        _tidying = Task.Run(TidyUp);
    }

    public bool IsFile => true;

    public void Write(LogLevel level, ReadOnlySpan<byte> line)
    {
        if (_file.Position > 0 && _file.Position + line.Length > _bytesMax)
        {
            Rotate();
        }

        _file.Write(line);
    }

    public void Reopen() => Replace();

    // What is being compressed need not be waited for: an archive that is not whole is begun again at the next start.
    public void Dispose() => _file.Dispose();

    private void Rotate()
    {
        // Where somebody has taken the file away there is nothing to put aside, and a new one begins all the same.
        if (File.Exists(_path))
        {
            File.Move(_path, _backups.NextName());
        }

        Replace();

        // Compressing a large file takes seconds: whoever logs does not wait for it.
        _tidying = _tidying.ContinueWith(_ => TidyUp(), TaskScheduler.Default);
    }

    private void Replace()
    {
        FileStream replaced = _file;
        _file = FileLogOutput.Open(_path);
        replaced.Dispose();
    }

    private void TidyUp()
    {
        try
        {
            _backups.TidyUp();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Old files stay until the next time; the log itself is where this would be told, and it goes on.
        }
    }
}
