using System.Globalization;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Observation;

namespace Etcd.Server.Apply;

/// <summary>Warns of requests whose application takes too long: apply is one thread, so everything behind them waits.</summary>
internal sealed class SlowApplyLog(TimeProvider time, TimeSpan expected, ServerLog log, ServerInstruments instruments)
{
    /// <summary>Timestamp at which an application starts.</summary>
    internal long Start() => time.GetTimestamp();

    /// <summary>Warns if the application that began at <paramref name="started"/> took too long.</summary>
    internal void Check(long started, InternalRaftRequest request, EtcdException? refusal)
    {
        TimeSpan took = time.GetElapsedTime(started);
        if (took > expected)
        {
            instruments.CountSlowApply();
            log.SlowApply(
                took.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture) + "ms",
                expected.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture) + "ms",
                Describe(request),
                refusal is null ? string.Empty : refusal.Message);
        }
    }

    // Values stay out of the log: they may be secrets, and they may be large.
    private static string Describe(InternalRaftRequest request)
    {
        string operation =
            request.Put is { } put ? $"put:<key:\"{put.Key.ToStringUtf8()}\" value_size:{put.Value.Length}>"
            : request.Txn is { } txn ? $"txn:<compare:{txn.Compare.Count} success:{txn.Success.Count} failure:{txn.Failure.Count}>"
            : request.DeleteRange is { } deletion
                ? $"delete_range:<key:\"{deletion.Key.ToStringUtf8()}\" range_end:\"{deletion.RangeEnd.ToStringUtf8()}\">"
            : request.Compaction is { } compaction ? $"compaction:<revision:{compaction.Revision}>"
            : request.LeaseRevoke is { } revocation ? $"lease_revoke:<id:{revocation.ID:x}>"
            : request.LeaseGrant is { } grant ? $"lease_grant:<ttl:{grant.TTL} id:{grant.ID:x}>"
            : "other";
        return $"header:<ID:{request.Header?.ID ?? 0}> {operation}";
    }
}
