using Etcd.Server.Offline;

using Etcdutl.CommandLine;

namespace Etcdutl.Output;

/// <summary>Shows on a terminal how far long work has come; in a pipe there is nothing to see.</summary>
internal sealed class ProgressBar : IProgress<double>, IDisposable
{
    private const int Columns = 30;
    private const int Hidden = -1;
    private readonly string _work;
    private int _shownPercent = Hidden;

    private ProgressBar(string work) => _work = work;

    /// <summary>Creates it when standard error is a terminal and the result is for people.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="work">What is being done.</param>
    public static ProgressBar? OnTerminal(Invocation invocation, string work) =>
        Console.IsErrorRedirected || invocation.Flags.Text("write-out") == "json" ? null : new ProgressBar(work);

    /// <summary>Writes notices; a bar that stands where they go is taken away first.</summary>
    /// <param name="bar">The bar of the same work, if there is one.</param>
    /// <param name="errors">Standard error.</param>
    public static Action<OfflineNotice> Around(ProgressBar? bar, TextWriter errors) => notice =>
    {
        bar?.Clear();
        NoticeLog.Write(errors, notice);
    };

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
    public void Dispose() => Clear();

    private void Clear()
    {
        if (_shownPercent != Hidden)
        {
            _shownPercent = Hidden;
            Console.Error.Write("\r\u001b[K");
        }
    }

    private sealed class Bytes(ProgressBar bar, long total) : IProgress<long>
    {
        public void Report(long value) => bar.Report(total <= 0 ? 1 : (double)value / total);
    }
}
