namespace Etcdctl.Checks;

/// <summary>So many puts, as fast as they go.</summary>
internal sealed class CountedPace(int puts) : IPutPace
{
    private int _taken;

    /// <inheritdoc/>
    public double Done => (double)Math.Min(puts, Volatile.Read(ref _taken)) / puts;

    /// <inheritdoc/>
    public ValueTask<bool> NextAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Interlocked.Increment(ref _taken) <= puts);
}
