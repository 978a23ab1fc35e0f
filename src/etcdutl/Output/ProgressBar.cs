namespace Etcdutl.Output;

/// <summary>Shows on a terminal how far long work has come; in a pipe there is nothing to see.</summary>
internal sealed class ProgressBar : IProgress<double>, IDisposable
{
    private const int Columns = 30;
    private readonly string _work;
    private int _shownPercent = -1;

    private ProgressBar(string work) => _work = work;

    /// <summary>Creates it when standard error is a terminal.</summary>
    /// <param name="work">What is being done.</param>
    public static ProgressBar? OnTerminal(string work) => Console.IsErrorRedirected ? null : new ProgressBar(work);

    /// <summary>The same bar, told bytes.</summary>
    /// <param name="totalBytes">Bytes at the end of the work.</param>
    public IProgress<long> ForBytes(long totalBytes) => new Bytes(this, totalBytes);

    /// <summary>Takes the share that is done, 0 to 1.</summary>
    public void Report(double value)
    {
        int percent = (int)(Math.Clamp(value, 0, 1) * 100);
        if (percent != _shownPercent)
        {
            _shownPercent = percent;
            Console.Error.Write($"\r[{new string('#', percent * Columns / 100).PadRight(Columns, '.')}] {percent,3}% {_work}");
        }
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (_shownPercent >= 0)
        {
            Console.Error.Write("\r\u001b[K");
        }
    }

    private sealed class Bytes(ProgressBar bar, long total) : IProgress<long>
    {
        public void Report(long value) => bar.Report(total <= 0 ? 1 : (double)value / total);
    }
}
