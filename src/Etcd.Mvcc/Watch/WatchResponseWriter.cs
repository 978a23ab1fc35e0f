using System.Buffers;
using System.Text;

namespace Etcd.Mvcc.Watch;

/// <summary>Encodes etcdserverpb.WatchResponse straight from a notice; the bytes equal those of the generated message.</summary>
/// <remarks>
/// <code>
/// 0A header { 08 cluster_id, 10 member_id, 18 revision, 20 raft_term }   10 watch_id   18 created   20 canceled
/// 28 compact_revision   32 cancel_reason   38 fragment   5A event, repeated         (zero values are left out)
/// </code>
/// </remarks>
public static class WatchResponseWriter
{
    private const byte HeaderTag = (1 << 3) | 2;
    private const byte ClusterIdTag = 1 << 3;
    private const byte MemberIdTag = 2 << 3;
    private const byte RevisionTag = 3 << 3;
    private const byte RaftTermTag = 4 << 3;
    private const byte WatchIdTag = 2 << 3;
    private const byte CreatedTag = 3 << 3;
    private const byte CanceledTag = 4 << 3;
    private const byte CompactRevisionTag = 5 << 3;
    private const byte CancelReasonTag = (6 << 3) | 2;
    private const byte FragmentTag = 7 << 3;
    private const byte EventsTag = (11 << 3) | 2;

    // Header with four numbers, watch id, three flags and a compact revision, each at its longest.
    private const int FixedBytesMax = 2 + (4 * (1 + Varint.SizeMax)) + (2 * (1 + Varint.SizeMax)) + 6;
    private const int EventSpanBytesMin = 4096;

    /// <summary>Writes one response.</summary>
    /// <param name="destination">Where to; nothing is sent.</param>
    /// <param name="clusterId">Cluster id of the header.</param>
    /// <param name="memberId">Member id of the header.</param>
    /// <param name="raftTerm">Raft term of the header.</param>
    /// <param name="notice">What to tell; the revision of the header is in it.</param>
    public static void Write(IBufferWriter<byte> destination, ulong clusterId, ulong memberId, ulong raftTerm, in WatchNotice notice)
    {
        ArgumentNullException.ThrowIfNull(destination);
        int reasonBytes = notice.Reason is null ? 0 : Encoding.UTF8.GetByteCount(notice.Reason);
        Span<byte> span = destination.GetSpan(FixedBytesMax + 1 + Varint.SizeMax + reasonBytes);
        int at = WriteHeader(span, clusterId, memberId, (ulong)notice.Revision, raftTerm);
        WriteField(span, ref at, WatchIdTag, (ulong)notice.WatchId);
        WriteField(span, ref at, CreatedTag, notice.Kind is WatchNoticeKind.Created or WatchNoticeKind.Refused ? 1UL : 0);
        WriteField(
            span,
            ref at,
            CanceledTag,
            notice.Kind is WatchNoticeKind.Refused or WatchNoticeKind.Canceled or WatchNoticeKind.Compacted ? 1UL : 0);
        WriteField(span, ref at, CompactRevisionTag, (ulong)notice.CompactRevision);
        if (reasonBytes > 0)
        {
            span[at++] = CancelReasonTag;
            at += Varint.Write(span[at..], (ulong)reasonBytes);
            at += Encoding.UTF8.GetBytes(notice.Reason, span[at..]);
        }

        WriteField(span, ref at, FragmentTag, notice.IsFragment ? 1UL : 0);
        WriteEvents(destination, span, at, notice.Events.Span);
    }

    private static int WriteHeader(Span<byte> span, ulong clusterId, ulong memberId, ulong revision, ulong raftTerm)
    {
        // Four numbers are at most 44 bytes, so the length before them is one byte.
        int at = 2;
        WriteField(span, ref at, ClusterIdTag, clusterId);
        WriteField(span, ref at, MemberIdTag, memberId);
        WriteField(span, ref at, RevisionTag, revision);
        WriteField(span, ref at, RaftTermTag, raftTerm);
        span[0] = HeaderTag;
        span[1] = (byte)(at - 2);
        return at;
    }

    private static void WriteField(Span<byte> span, ref int at, byte tag, ulong value)
    {
        if (value != 0)
        {
            span[at++] = tag;
            at += Varint.Write(span[at..], value);
        }
    }

    private static void WriteEvents(
        IBufferWriter<byte> destination,
        Span<byte> span,
        int at,
        ReadOnlySpan<ReadOnlyMemory<byte>> events)
    {
        foreach (ReadOnlyMemory<byte> encoded in events)
        {
            int needed = 1 + Varint.SizeMax + encoded.Length;
            if (span.Length - at < needed)
            {
                destination.Advance(at);
                span = destination.GetSpan(Math.Max(needed, EventSpanBytesMin));
                at = 0;
            }

            span[at++] = EventsTag;
            at += Varint.Write(span[at..], (ulong)encoded.Length);
            encoded.Span.CopyTo(span[at..]);
            at += encoded.Length;
        }

        destination.Advance(at);
    }
}
