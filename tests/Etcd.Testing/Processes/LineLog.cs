namespace Etcd.Testing.Processes;

/// <summary>The lines a process writes, kept in memory, copied to a file, and waited for.</summary>
public sealed class LineLog : IDisposable
{
    private const int LinesMax = 50_000;

    private readonly List<string> _lines = [];
    private readonly List<Waiter> _waiters = [];
    private readonly StreamWriter? _copy;
    private bool _isClosed;

    internal LineLog(string? copyPath)
    {
        if (copyPath is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(copyPath)!);
            _copy = new StreamWriter(copyPath, append: false) { AutoFlush = true };
        }
    }

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>All lines so far as one text.</summary>
    public string Text => string.Join('\n', Lines);

    /// <summary>The last lines, for messages about a failure.</summary>
    public string Tail(int lines = 30) => string.Join('\n', Lines.TakeLast(lines));

    /// <summary>The first line that fits, at once if it is there already.</summary>
    /// <exception cref="TimeoutException">It did not come within <paramref name="limit"/>, or the process closed its output.</exception>
    public async Task<string> WaitForAsync(Predicate<string> fits, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var waiter = new Waiter(fits);
        lock (_lines)
        {
            string? there = _lines.Find(fits);
            if (there is not null)
            {
                return there;
            }

            if (!_isClosed)
            {
                _waiters.Add(waiter);
            }
            else
            {
                waiter.Found.SetCanceled(CancellationToken.None);
            }
        }

        try
        {
            return await waiter.Found.Task.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception reason) when (reason is TimeoutException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            string what = reason is TimeoutException ? $"the line did not come within {limit}" : "the process closed its output before the line came";
            throw new TimeoutException($"{what}; last lines:\n{Tail()}");
        }
        finally
        {
            lock (_lines)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    public void Dispose() => _copy?.Dispose();

    internal async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            Append(line);
        }

        lock (_lines)
        {
            _isClosed = true;
            _waiters.ForEach(waiter => waiter.Found.TrySetCanceled(CancellationToken.None));
        }
    }

    private void Append(string line)
    {
        lock (_lines)
        {
            if (_lines.Count == LinesMax)
            {
                _lines.RemoveRange(0, LinesMax / 2);
            }

            _lines.Add(line);
            _copy?.WriteLine(line);
            _waiters.ForEach(waiter => waiter.Offer(line));
        }
    }

    private sealed record Waiter(Predicate<string> Fits)
    {
        public TaskCompletionSource<string> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Offer(string line)
        {
            if (Fits(line))
            {
                Found.TrySetResult(line);
            }
        }
    }
}
