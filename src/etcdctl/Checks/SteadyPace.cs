using System.Diagnostics;

namespace Etcdctl.Checks;

/// <summary>So many puts a second, for a while. What a slow cluster missed is not caught up.</summary>
internal sealed class SteadyPace(int putsPerSecond, TimeSpan duration) : IPutPace
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1) / putsPerSecond;
    private readonly Lock _gate = new();
    private TimeSpan _next;

    /// <inheritdoc/>
    public double Done => Stopwatch.GetElapsedTime(_start) / duration;

    /// <inheritdoc/>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        TimeSpan now = Stopwatch.GetElapsedTime(_start);
        TimeSpan due;
        lock (_gate)
        {
            due = now > _next ? now : _next;
            _next = due + _interval;
        }

        if (due >= duration)
        {
            return false;
        }

        if (due > now)
        {
            await Task.Delay(due - now, cancellationToken);
        }

        return true;
    }
}
