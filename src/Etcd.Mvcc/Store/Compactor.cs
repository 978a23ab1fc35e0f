namespace Etcd.Mvcc;

/// <summary>Runs compactions one after the other, beside the apply thread or when its owner says so.</summary>
internal sealed class Compactor(KeyIndex index, StoreFile backend, MvccOptions options, CompactionHashes hashes) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<(CompactionJob Job, TaskCompletionSource Done)> _jobs = new();
    private Task _tail = Task.CompletedTask;
    private CompactionRun? _stepped;
    private long _steppedSince;
    private long _finished = -1;
    private bool _isDisposed;
    private volatile bool _isAbandoned;

    /// <summary>Last compaction that the file has gone through; -1 when none.</summary>
    public long Finished
    {
        get => Volatile.Read(ref _finished);
        set => Volatile.Write(ref _finished, value);
    }

    /// <summary>Told, on the apply thread, that a compaction waits for <see cref="RunSlice"/>.</summary>
    public Action? SliceWanted { get; set; }

    /// <summary>Ends when all compactions asked for so far are through.</summary>
    public Task Tail => _tail;

    /// <summary>Asks for a compaction. Apply thread.</summary>
    /// <returns>Ends when the file has gone through it.</returns>
    public Task Schedule(CompactionJob job)
    {
        if (options.CompactsInBackground)
        {
            Task before = _tail;
            _tail = Task.Run(() => RunAfterAsync(before, job));
            return _tail;
        }

        var done = new TaskCompletionSource();
        _jobs.Enqueue((job, done));
        _tail = done.Task;
        SliceWanted?.Invoke();
        return done.Task;
    }

    /// <summary>Does one slice of what was asked for on the calling thread.</summary>
    /// <returns><see langword="false"/> when nothing is left to do.</returns>
    public bool RunSlice()
    {
        if (!_jobs.TryPeek(out (CompactionJob Job, TaskCompletionSource Done) next))
        {
            return false;
        }

        if (_stepped is null)
        {
            _stepped = Begin(next.Job);
            _steppedSince = options.Time.GetTimestamp();
        }

        if (NextSlice(_stepped) is { } work)
        {
            backend.CleanUpAsync(work).GetAwaiter().GetResult();
        }

        if (_stepped.IsDone)
        {
            Finish(next.Job, _stepped, _steppedSince);
            _stepped = null;
            _jobs.Dequeue();
            next.Done.SetResult();
        }

        return true;
    }

    /// <summary>Stops after the slice that is being done; a restart takes the compaction up again.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _stopping.Cancel();
        if (!options.CompactsInBackground)
        {
            // What is left is taken up again after a restart.
            _stopping.Dispose();
            return;
        }

        try
        {
            _tail.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Asked for just above.
        }
        catch (BackendFailedException)
        {
            // The backend has told its owner; there is nothing more to do here.
        }

        _stopping.Dispose();
    }

    /// <summary>Ends, without waiting, what was asked for: another file has taken the place of the one it was asked for, and
    /// whoever waits for the file to have gone through it has what they wanted. Apply thread.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _stopping.Cancel();
        while (_jobs.TryDequeue(out (CompactionJob Job, TaskCompletionSource Done) next))
        {
            next.Done.SetResult();
        }
    }

    private async Task RunAfterAsync(Task before, CompactionJob job)
    {
        await before.ConfigureAwait(false);
        try
        {
            await RunAsync(job).ConfigureAwait(false);
        }
        catch (BackendReplacedException)
        {
            // The file is exchanged before the store learns of it: this may run before Abandon does.
        }
        catch (OperationCanceledException) when (_isAbandoned)
        {
            // See Abandon.
        }
    }

    private async Task RunAsync(CompactionJob job)
    {
        CompactionRun run = Begin(job);
        long began = options.Time.GetTimestamp();
        bool indexing = true;
        while (!run.IsDone)
        {
            _stopping.Token.ThrowIfCancellationRequested();
            CleanUp? work = NextSlice(run);
            if (work is not null)
            {
                await backend.CleanUpAsync(work).WaitAsync(_stopping.Token).ConfigureAwait(false);
            }

            indexing &= !run.IndexIsDone;
            if (indexing)
            {
                await Task.Yield();
            }
            else if (!run.IsDone)
            {
                await Task.Delay(options.CompactionSleepInterval, options.Time, _stopping.Token).ConfigureAwait(false);
            }
        }

        Finish(job, run, began);
    }

    private CompactionRun Begin(CompactionJob job)
    {
        options.Observer?.IndexBegins(job.Revision);
        return new CompactionRun(index, backend, job, options.CompactionBatchLimit);
    }

    private CleanUp? NextSlice(CompactionRun run)
    {
        bool isOfIndex = !run.IndexIsDone;
        long began = options.Time.GetTimestamp();
        CleanUp? work = run.NextSlice();
        TimeSpan took = options.Time.GetElapsedTime(began);
        if (isOfIndex)
        {
            options.Observer?.IndexSlice(took);
        }
        else
        {
            options.Observer?.FileSlice(took, work?.Revisions.Count ?? 0);
        }

        return work;
    }

    private void Finish(CompactionJob job, CompactionRun run, long began)
    {
        if (job.KeepsHash)
        {
            hashes.Add(new HashKvResult(run.Hash, job.Previous, job.Revision, job.Revision));
        }

        Finished = job.Revision;
        options.Observer?.Finished(job.Revision, run.Hash, options.Time.GetElapsedTime(began));
    }
}
