namespace Etcdctl.Output;

/// <summary>A line on a terminal that is written over again and again. In a pipe there is none.</summary>
internal sealed class StatusLine : IDisposable
{
    private const int BarColumns = 30;

    private readonly OutputWriter _error;
    private string _shown = "";

    private StatusLine(OutputWriter error) => _error = error;

    /// <summary>Creates it when standard error is a terminal.</summary>
    public static StatusLine? OnTerminal(Terminal terminal) => Console.IsErrorRedirected ? null : new StatusLine(terminal.Error);

    /// <summary>Shows a text in place of the one before.</summary>
    public void Show(string text)
    {
        lock (_error)
        {
            if (text != _shown)
            {
                _shown = text;
                _error.Write($"\r{text}\u001b[K");
                _error.Flush();
            }
        }
    }

    /// <summary>Shows how far work has come.</summary>
    /// <param name="done">Part of the work, 0 to 1.</param>
    /// <param name="what">What follows the percentage.</param>
    public void Show(double done, string what)
    {
        int percent = (int)(Math.Clamp(done, 0, 1) * 100);
        Show($"[{new string('#', percent * BarColumns / 100).PadRight(BarColumns, '.')}] {percent,3}% {what}");
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        lock (_error)
        {
            if (_shown.Length > 0)
            {
                _shown = "";
                _error.Write("\r\u001b[K");
                _error.Flush();
            }
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose() => Clear();
}
