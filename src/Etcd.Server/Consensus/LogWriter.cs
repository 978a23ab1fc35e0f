using Etcd.Raft;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;
using Etcd.Wal;

namespace Etcd.Server.Consensus;

/// <summary>Owns the write-ahead log: writes what the consensus loop hands over, syncs once for all of it, and acknowledges.</summary>
/// <remarks>Nothing is acknowledged, sent or counted before it is durable (incident #14370: a single member answered before the sync). A
/// message with a snapshot is acknowledged once apply has installed the snapshot, and what was written after it waits behind it.</remarks>
internal sealed class LogWriter : IDisposable
{
    private static readonly TimeSpan SyncDurationExpected = TimeSpan.FromSeconds(1);

    private readonly WriteAheadLog _wal;
    private readonly SnapshotStore _snapshots;
    private readonly ServerLog _log;
    private readonly Action<RaftInput> _acknowledge;
    private readonly ServerInstruments _instruments;
    private readonly LogStallWatch _stalls;

    private ulong _recordedSnapshot;

    // In order of writing; the first one waits for its snapshot to be installed.
    private readonly Queue<RaftMessage> _unacknowledged = new();
    private readonly Pump<LogWork> _pump;

    internal LogWriter(
        WriteAheadLog wal,
        SnapshotStore snapshots,
        Action<RaftInput> acknowledge,
        ServerInstruments instruments,
        LogStallWatch stalls,
        ServerLog log,
        Execution execution,
        Action<Exception> fault)
    {
        _log = log;
        _wal = wal;
        _snapshots = snapshots;
        _acknowledge = acknowledge;
        _instruments = instruments;
        _stalls = stalls;
        _pump = execution.CreatePump<LogWork>("etcd-log-writer", int.MaxValue, Work, fault, PrepareAhead);
    }

    /// <summary>Told of a message whose snapshot is durable and has to be installed; whoever does it posts the message as
    /// <see cref="LogWork.Installed"/>. Set before the start.</summary>
    internal Action<RaftMessage> InstallWanted { get; set; } = static message =>
        throw new InvalidOperationException($"nobody installs the snapshot at {message.Snapshot?.Metadata.Index}");

    /// <summary>Index of the newest snapshot whose file and record are durable, with a commit index that reaches it: a restart begins there, and needs
    /// no file of an older one. Any thread.</summary>
    internal ulong RecordedSnapshot
    {
        get => Volatile.Read(ref _recordedSnapshot);
        init => _recordedSnapshot = value;
    }

    /// <summary>Starts the thread.</summary>
    internal void Start() => _pump.Start();

    /// <summary>Hands over work. The consensus loop bounds what is under way: it takes no more proposals than its uncommitted limit.</summary>
    internal void Post(LogWork work) => _pump.Post(work);

    /// <summary>Makes a message durable on the calling thread, if no earlier work is under way.</summary>
    /// <returns><see langword="false"/> when there is, so that the message must be posted to keep the order.</returns>
    internal bool TryPersistHere(RaftMessage message) => _pump.TryRunHere(new LogWork(message, null));

    /// <summary>Whether a message would be written without a wait: nobody is at the log, and there is nothing to do ahead of time.</summary>
    internal bool IsReady => !_stalls.IsUnderWay && !_wal.NeedsPreparation;

    /// <summary>Does ahead of time what later writes would wait for, unless somebody is at the log and will do so.</summary>
    /// <returns>Whether there was anything to do; there may be more.</returns>
    internal bool TryPrepareAhead() => !_stalls.IsUnderWay && PrepareAhead();

    /// <summary>Finishes what was handed over and ends.</summary>
    internal void Stop() => _pump.Stop();

    /// <inheritdoc />
    public void Dispose() => _pump.Dispose();

    private bool PrepareAhead()
    {
        if (!_wal.NeedsPreparation)
        {
            return false;
        }

        _stalls.Begins(_instruments.Timestamp());
        bool hasDone = _wal.PrepareAhead();
        _stalls.Ended();
        return hasDone;
    }

    private void Work(List<LogWork> batch)
    {
        long began = _instruments.Timestamp();
        _stalls.Begins(began);
        Persist(batch, began);
        foreach (LogWork work in batch)
        {
            Finish(work);
        }

        _stalls.Ended();
    }

    private void Persist(List<LogWork> batch, long began)
    {
        bool hasSnapshot = false;
        long bytes = _wal.AppendedBytes;
        foreach (LogWork work in batch)
        {
            if (work.Message is { } message)
            {
                if (message.Snapshot is { } snapshot)
                {
                    Save(snapshot);
                    hasSnapshot = true;
                }

                // A hard state without a term is the message's way of carrying none.
                HardState state = message.Term == 0 ? default : message.HardState;
                _wal.Write(state, message.Entries.Span);
            }
        }

        if (_wal.AppendedBytes > bytes)
        {
            _instruments.WalWrites.Record(_instruments.Since(began));
            _instruments.CountWalBytes(_wal.AppendedBytes - bytes);
        }

        // The record of a snapshot counts at a restart only with a commit index that reaches it.
        if (_wal.NeedsSync || hasSnapshot)
        {
            Sync(batch);
        }
    }

    // The file before the record, and both before anything is installed: whatever a crash leaves has a whole state to start from.
    private void Save(Snapshot snapshot)
    {
        _instruments.Measure(_instruments.SnapshotSaves, () => _snapshots.Save(snapshot));
        _wal.SaveSnapshot(new WalSnapshot(snapshot.Metadata.Index, snapshot.Metadata.Term, snapshot.Metadata.ConfState));
    }

    private void Sync(List<LogWork> batch)
    {
        long started = _instruments.Timestamp();
        _wal.Sync();
        TimeSpan took = _instruments.Since(started);
        _instruments.WalSyncs.Record(took);
        if (ServerActivities.Source.HasListeners())
        {
            foreach (LogWork work in batch)
            {
                if (work.Message is { } message)
                {
                    RequestTrace.Synced(message, took);
                }
            }
        }

        if (took > SyncDurationExpected)
        {
            _log.SlowSync(DurationText.Of(took), DurationText.Of(SyncDurationExpected));
        }
    }

    private void Finish(in LogWork work)
    {
        if (work.Message is { } message)
        {
            Acknowledge(message);
        }
        else if (work.Snapshot is { } record)
        {
            _wal.SaveAppliedSnapshot(record.Snapshot);
            _wal.ReleaseLocksUpTo(record.Snapshot.Index);
            Recorded(record.Snapshot.Index);
            record.Complete();
        }
        else if (work.Installed is { } installed)
        {
            AcknowledgeInstalled(installed);
        }
    }

    private void Acknowledge(RaftMessage message)
    {
        if (message.Snapshot is null && _unacknowledged.Count == 0)
        {
            _acknowledge(new RaftInput(RaftInputKind.Persisted, message));
            return;
        }

        _unacknowledged.Enqueue(message);
        if (message.Snapshot is { } snapshot)
        {
            Recorded(snapshot.Metadata.Index);
            InstallWanted(message);
        }
    }

    private void Recorded(ulong index) => Volatile.Write(ref _recordedSnapshot, Math.Max(_recordedSnapshot, index));

    // Snapshots are installed in the order in which they were asked for.
    private void AcknowledgeInstalled(RaftMessage installed)
    {
        if (!_unacknowledged.TryPeek(out RaftMessage? first) || first != installed)
        {
            throw new InvalidOperationException($"the snapshot at {installed.Snapshot?.Metadata.Index} was installed out of order");
        }

        _wal.ReleaseLocksUpTo(installed.Snapshot!.Metadata.Index);
        do
        {
            _acknowledge(new RaftInput(RaftInputKind.Persisted, _unacknowledged.Dequeue()));
        }
        while (_unacknowledged.TryPeek(out RaftMessage? next) && next.Snapshot is null);
    }
}
