using Etcd.Raft;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;
using Etcd.Wal;

namespace Etcd.Server.Consensus;

/// <summary>Owns the write-ahead log: writes what the consensus loop hands over, syncs once for all of it, and acknowledges.</summary>
/// <remarks>Nothing is acknowledged, sent or counted before it is durable (incident #14370: a single member answered before the sync).</remarks>
internal sealed class LogWriter : IDisposable
{
    private static readonly TimeSpan SyncDurationExpected = TimeSpan.FromSeconds(1);

    private readonly WriteAheadLog _wal;
    private readonly ServerLog _log;
    private readonly Action<RaftInput> _acknowledge;
    private readonly ServerInstruments _instruments;
    private readonly Pump<LogWork> _pump;

    internal LogWriter(
        WriteAheadLog wal,
        Action<RaftInput> acknowledge,
        ServerInstruments instruments,
        ServerLog log,
        Execution execution,
        Action<Exception> fault)
    {
        _log = log;
        _wal = wal;
        _acknowledge = acknowledge;
        _instruments = instruments;
        _pump = execution.CreatePump<LogWork>("etcd-log-writer", int.MaxValue, Persist, fault, wal.PrepareAhead);
    }

    /// <summary>Starts the thread.</summary>
    internal void Start() => _pump.Start();

    /// <summary>Hands over work. The consensus loop bounds what is under way: it takes no more proposals than its uncommitted limit.</summary>
    internal void Post(LogWork work) => _pump.Post(work);

    /// <summary>Makes a message durable on the calling thread, if no earlier work is under way.</summary>
    /// <returns><see langword="false"/> when there is, so that the message must be posted to keep the order.</returns>
    internal bool TryPersistHere(RaftMessage message) => _pump.TryRunHere(new LogWork(message, null));

    /// <summary>Does ahead of time what later writes would wait for.</summary>
    /// <returns>Whether there was anything to do; there may be more.</returns>
    internal bool PrepareAhead() => _wal.PrepareAhead();

    /// <summary>Finishes what was handed over and ends.</summary>
    internal void Stop() => _pump.Stop();

    /// <inheritdoc />
    public void Dispose() => _pump.Dispose();

    private void Persist(List<LogWork> batch)
    {
        foreach (LogWork work in batch)
        {
            if (work.Message is { } message)
            {
                if (message.Snapshot is not null)
                {
                    throw new InvalidOperationException("a member without peers was given a snapshot to install");
                }

                // A hard state without a term is the message's way of carrying none.
                HardState state = message.Term == 0 ? default : message.HardState;
                _wal.Write(state, message.Entries.Span);
            }
        }

        if (_wal.NeedsSync)
        {
            long started = _instruments.Timestamp();
            _wal.Sync();
            TimeSpan took = _instruments.Since(started);
            _instruments.WalSyncs.Record(took);
            if (took > SyncDurationExpected)
            {
                _log.SlowSync($"{took.TotalSeconds:0.###}s", "1s");
            }
        }

        foreach (LogWork work in batch)
        {
            if (work.Message is { } message)
            {
                _acknowledge(new RaftInput(RaftInputKind.Persisted, message));
            }
            else if (work.Snapshot is { } record)
            {
                _wal.SaveSnapshot(record.Snapshot);
                _wal.ReleaseLocksUpTo(record.Snapshot.Index);
                record.Complete();
            }
        }
    }
}
