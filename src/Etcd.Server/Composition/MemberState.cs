using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Server.Access;
using Etcd.Server.Apply;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Server.Composition;

/// <summary>The state machine of one member: all that entries of the log change, read back from its backend.</summary>
/// <remarks>Built on one thread, then the apply thread's own as far as it is written.</remarks>
internal sealed class MemberState : IDisposable
{
    /// <summary>Reads the state. Writes nothing to the backend that an entry of the log would have to account for.</summary>
    internal MemberState(MemberContext context)
    {
        ServerOptions options = context.Options;
        Backend backend = context.Member.Backend;
        Lessor = new Lessor(
            new BackendLeaseRecords(backend),
            context.Time,
            new LessorOptions
            {
                TtlSecondsMin = options.LeaseTtlSecondsMin,
                CheckpointInterval = options.LeaseCheckpoints ? options.LeaseCheckpointInterval : TimeSpan.Zero,
                PersistCheckpoints = options.LeaseCheckpointsPersist,
                Completions = context.Execution.Completions,
            });
        Lessor.Recover();
        Access = new MemberAccess(
            backend, Lessor, options, context.Member.Membership, context.Member.ClusterId, context.Time, context.Loggers, context.Execution);

        // What a first start writes belongs to no entry of the log; it must not keep a received snapshot from being installed.
        backend.EndEntry(backend.ConsistentIndex, backend.ConsistentTerm);
        Store = MvccStore.Open(backend, Lessor, new MvccOptions
        {
            CompactionBatchLimit = options.CompactionBatchLimit,
            CompactionSleepInterval = options.CompactionSleepInterval,
            CompactsInBackground = context.Execution.HasThreads,
            Time = context.Time,
            Observer = context.Instruments.Compactions,
        });
        context.Log.StoreRestored(Store.CurrentRevision);
        context.Log.ConsistentIndex(backend.ConsistentIndex);
        context.Instruments.Compactions.Log = new CompactionLog(backend, context.Log);
        Watches = new WatchHub(Store, context.Time, new WatchOptions
        {
            ProgressInterval = options.WatchProgressInterval,
            ResponseBytesMax = options.RequestBytesMax,
            Seed = unchecked((int)options.Seed),
        });
        Store.AttachEventSink(Watches);
        Alarms = new AlarmStore(backend) { Log = context.Log };
        Downgrade = new DowngradeStore(backend);
        Quota = new BackendQuota(backend, options.QuotaBackendBytes);
        Membership = new MembershipApplier(backend, context.Member.Membership, options.LearnersMax, context.Log);
    }

    /// <summary>Leases.</summary>
    internal Lessor Lessor { get; }

    /// <summary>Users, roles and tokens.</summary>
    internal MemberAccess Access { get; }

    /// <summary>Keys.</summary>
    internal MvccStore Store { get; }

    /// <summary>Watches on keys.</summary>
    internal WatchHub Watches { get; }

    /// <summary>Alarms raised in the cluster.</summary>
    internal AlarmStore Alarms { get; }

    /// <summary>Whether the cluster prepares for an older version.</summary>
    internal DowngradeStore Downgrade { get; }

    /// <summary>How large the backend may grow.</summary>
    internal BackendQuota Quota { get; }

    /// <summary>Takes changes of the membership.</summary>
    internal MembershipApplier Membership { get; }

    /// <summary>Ends what runs beside apply on this state; the backend stays open.</summary>
    public void Dispose()
    {
        Access.Dispose();
        Store.Dispose();
    }
}
