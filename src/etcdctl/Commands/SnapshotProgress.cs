using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Shows on a terminal how much of a snapshot has come; in a pipe there is nothing to see.</summary>
internal sealed class SnapshotProgress : IProgress<ulong>, IDisposable
{
    private const int BarColumns = 30;
    private readonly OutputWriter _error;
    private ulong _total;
    private int _shownPercent = -1;

    private SnapshotProgress(OutputWriter error) => _error = error;

    /// <summary>Creates it when standard error is a terminal.</summary>
    public static SnapshotProgress? OnTerminal(Terminal terminal) =>
        Console.IsErrorRedirected ? null : new SnapshotProgress(terminal.Error);

    /// <summary>Takes the bytes that are left.</summary>
    public void Report(ulong value)
    {
        // The first piece tells the size, less itself.
        _total = Math.Max(_total, value);
        int percent = _total == 0 ? 100 : (int)((_total - value) * 100 / _total);
        if (percent == _shownPercent)
        {
            return;
        }

        _shownPercent = percent;
        string bar = new string('#', percent * BarColumns / 100).PadRight(BarColumns, '.');
        _error.Write($"\r[{bar}] {percent,3}% of {GoText.Size(_total)}");
        _error.Flush();
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (_shownPercent >= 0)
        {
            _error.Write("\r\u001b[K");
            _error.Flush();
            _shownPercent = -1;
        }
    }
}
