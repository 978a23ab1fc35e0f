using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Observation;
using Etcd.V2;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>Times what is applied and read, and warns of what takes too long: apply is one thread, so everything behind it waits.</summary>
internal sealed class SlowApplyLog(TimeProvider time, TimeSpan expected, ServerLog log, ServerInstruments instruments)
{
    private const string ReadOnlyRange = "read-only range ";
    private const string ReadOnlyTxn = "read-only txn ";

    /// <summary>Timestamp at which an application or a read starts.</summary>
    internal long Start() => time.GetTimestamp();

    /// <summary>Records the application that began at <paramref name="started"/>, and warns if it took too long.</summary>
    internal void Check(long started, InternalRaftRequest request, IMessage? reply, EtcdException? refusal)
    {
        TimeSpan took = time.GetElapsedTime(started);
        instruments.Applies.Record(request, refusal is null, took);
        if (took > expected)
        {
            Warn(took, string.Empty, RequestText.Of(request), refusal, reply is null ? string.Empty : SizeOf(reply));
        }
    }

    /// <summary>As the other, for a request of the v2 API.</summary>
    internal void Check(long started, Request request, in V2Result result)
    {
        TimeSpan took = time.GetElapsedTime(started);
        instruments.Applies.Record(request, result.Error is null, took);
        if (took > expected)
        {
            Warn(took, string.Empty, RequestText.Of(request), null, string.Empty);
        }
    }

    /// <summary>Records the range that began to be read at <paramref name="started"/>, and warns if it took too long.</summary>
    internal void CheckRead(long started, RangeRequest request, int keyValues)
    {
        TimeSpan took = time.GetElapsedTime(started);
        instruments.Ranges.Record(took);
        if (took > expected)
        {
            Warn(took, ReadOnlyRange, RequestText.Of(request), null, $"range_response_count:{keyValues}");
        }
    }

    /// <summary>As the other, for a transaction that only reads.</summary>
    internal void CheckRead(long started, TxnRequest request, TxnResponse reply)
    {
        TimeSpan took = time.GetElapsedTime(started);
        if (took > expected)
        {
            Warn(took, ReadOnlyTxn, RequestText.Of(request), null, SizeOf(reply));
        }
    }

    private static string SizeOf(IMessage reply) => $"size:{reply.CalculateSize()}";

    private void Warn(TimeSpan took, string prefix, string request, EtcdException? refusal, string response)
    {
        instruments.CountSlowApply();
        if (refusal is null)
        {
            log.SlowApply(DurationText.Of(took), DurationText.Of(expected), prefix, request, response);
        }
        else
        {
            log.SlowApplyRefused(DurationText.Of(took), DurationText.Of(expected), prefix, request, response, refusal.Message);
        }
    }
}
