using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>Decides which commits make the file smaller, how far, and at what rate. One caller at a time; figures for any thread.</summary>
/// <remarks>
/// <para>It begins when a quarter of the file is free and ends with a tenth to spare, so that a load whose size swings, as one that is
/// compacted every few minutes, does not shrink and grow the file again and again. What is moved is about what is given back, at most.</para>
/// <para>Pages that a reader holds, or holes too small for a large node, can keep it from getting any further. It then rests, longer each
/// time.</para>
/// </remarks>
internal sealed class SpaceReclaimer(ReclaimOptions options, TimeProvider time)
{
    // Pages that a commit frees are given up by the next but one, and the file is cut when both metas name its new end.
    private const int IdleStepsMax = 4;
    private static readonly TimeSpan RestMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RestMax = TimeSpan.FromMinutes(10);

    private volatile ReclaimFigures _figures = new(IsActive: false, 0, 0);
    private long _credit = options.StepBytesMax;
    private long _creditSince = time.GetTimestamp();
    private long _restsSince;
    private TimeSpan _rest = TimeSpan.Zero;
    private TimeSpan _nextRest = RestMin;
    private int _idleSteps;
    private Step? _step;

    /// <summary>What was done so far.</summary>
    public ReclaimFigures Figures => _figures;

    /// <summary>Adds a step to a transaction that is about to commit, if there is one to do.</summary>
    public void Begin(BoltDatabase database, BoltWriteTransaction transaction)
    {
        _step = null;
        if (!IsWanted(database) || RestLeft() > TimeSpan.Zero)
        {
            return;
        }

        AddCredit();
        (long size, long live) = (database.SizeBytes, database.LiveBytes);
        long spare = Spare(live);
        bool isNearTarget = size <= live + spare + (spare / 2);

        // While a reader holds what was left, to move more would only use up the free pages that writers need.
        bool isHeldUp = database.InUseBytes - live > spare;
        long bytes = isNearTarget || isHeldUp ? 0 : Math.Max(_credit, 0);
        _step = new Step(size, database.FileBytes, IsStarved: bytes == 0 && !isNearTarget && !isHeldUp);
        _credit -= transaction.ReclaimSpace(live + spare, bytes);
    }

    /// <summary>Takes note of what the commit did.</summary>
    public void End(BoltDatabase database, BoltWriteTransaction transaction)
    {
        if (_step is not { } before)
        {
            return;
        }

        long returned = Math.Max(before.FileBytes - database.FileBytes, 0);
        bool hasHelped = transaction.MovedBytes > 0 || returned > 0 || database.SizeBytes < before.SizeBytes;
        if (hasHelped)
        {
            _idleSteps = 0;
            _nextRest = RestMin;
        }
        else if (!before.IsStarved && ++_idleSteps >= IdleStepsMax)
        {
            Pause(database);
        }

        ReclaimFigures figures = _figures;
        _figures = new ReclaimFigures(
            figures.IsActive, figures.MovedBytes + transaction.MovedBytes, figures.ReturnedBytes + returned);
    }

    /// <summary>Time after which a commit should be made for the sake of it, if none comes by itself; <see langword="null"/> for never.</summary>
    /// <param name="database">The file.</param>
    /// <param name="interval">Usual time between two commits.</param>
    public TimeSpan? NextStepIn(BoltDatabase database, TimeSpan interval)
    {
        if (!IsWanted(database))
        {
            return null;
        }

        AddCredit();
        TimeSpan debt = _credit > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1.0 - _credit) / options.BytesPerSecond);
        TimeSpan rest = RestLeft();
        return new[] { interval, debt, rest }.Max();
    }

    private static long Free(BoltDatabase database) => database.SizeBytes - database.LiveBytes;

    /// <summary>Free bytes to leave in a file with <paramref name="live"/> bytes in use.</summary>
    private long Spare(long live) => Math.Max(live / 10, options.FreeBytesMin / 4);

    private bool IsWorthIt(BoltDatabase database) => Free(database) > Math.Max(database.SizeBytes / 4, options.FreeBytesMin);

    private bool IsWanted(BoltDatabase database)
    {
        if (options.BytesPerSecond > 0 && !_figures.IsActive && IsWorthIt(database))
        {
            _figures = _figures with { IsActive = true };
        }

        return _figures.IsActive;
    }

    private void Pause(BoltDatabase database)
    {
        _idleSteps = 0;
        if (!IsWorthIt(database))
        {
            _figures = _figures with { IsActive = false };
            _rest = TimeSpan.Zero;
            _nextRest = RestMin;
            return;
        }

        _restsSince = time.GetTimestamp();
        _rest = _nextRest;
        _nextRest = _nextRest * 2 < RestMax ? _nextRest * 2 : RestMax;
    }

    private TimeSpan RestLeft() => _rest == TimeSpan.Zero ? TimeSpan.Zero : _rest - time.GetElapsedTime(_restsSince);

    private void AddCredit()
    {
        long now = time.GetTimestamp();
        double earned = time.GetElapsedTime(_creditSince, now).TotalSeconds * options.BytesPerSecond;
        _credit = (long)Math.Min(_credit + earned, options.StepBytesMax);
        _creditSince = now;
    }

    private readonly record struct Step(long SizeBytes, long FileBytes, bool IsStarved);
}
