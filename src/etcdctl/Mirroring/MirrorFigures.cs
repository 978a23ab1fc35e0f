using System.Globalization;
using Etcdctl.Output;

namespace Etcdctl.Mirroring;

/// <summary>How much has been copied: a number on standard output every half minute, as the real one prints it, and a line that changes on a terminal.</summary>
internal sealed class MirrorFigures(Terminal terminal)
{
    private static readonly TimeSpan ReportEach = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShowEach = TimeSpan.FromSeconds(1);

    private readonly StatusLine? _line = StatusLine.OnTerminal(terminal);
    private long _keys;
    private long _revision;
    private long _sinceReport;

    /// <summary>Newest revision that is being copied.</summary>
    public long Revision
    {
        get => Interlocked.Read(ref _revision);
        set => Interlocked.Exchange(ref _revision, value);
    }

    /// <summary>Adds keys that were set or deleted at the destination.</summary>
    public void Count(int keys) => Interlocked.Add(ref _keys, keys);

    /// <summary>Begins to report; disposing the result ends it.</summary>
    public Timer StartReporting() => new(_ => Report(), state: null, ShowEach, ShowEach);

    /// <summary>Takes the line away, for what is said at the end.</summary>
    public void Clear() => _line?.Clear();

    private void Report()
    {
        string keys = Interlocked.Read(ref _keys).ToString(CultureInfo.InvariantCulture);
        if (++_sinceReport * ShowEach >= ReportEach)
        {
            _sinceReport = 0;
            _line?.Clear();
            terminal.Output.WriteLine(keys);
            terminal.Output.Flush();
        }

        _line?.Show(string.Create(CultureInfo.InvariantCulture, $"{keys} keys copied, at revision {Revision}"));
    }
}
