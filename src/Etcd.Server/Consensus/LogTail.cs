using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>Keeps the log in memory as short as other members allow: what one of them may still need is sent from here, and what is gone
/// costs a snapshot of the whole store. Owned by the consensus loop.</summary>
internal sealed class LogTail
{
    /// <summary>How long after a snapshot the entries behind it are kept: its receiver asks for them once it has installed it.</summary>
    private static readonly TimeSpan KeptAfterSnapshot = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of entries that a follower keeps beyond the catch-up entries.</summary>
    internal const long FollowerBytesMax = 64L << 20;

    /// <summary>What an entry takes beside its data, about.</summary>
    private const int EntryOverheadBytes = 64;

    private readonly MemoryLog _log;
    private readonly RaftNode _node;
    private readonly TimeProvider _time;
    private readonly ulong _catchUpEntries;
    private readonly ulong _entriesMax;

    // How much had been persisted when the log ended at an index; ascending, one for each look at the log's length.
    private readonly Queue<(ulong Index, long Bytes)> _marks = new();

    private long _bytesPersisted;
    private ulong _nextCut;
    private int _snapshotsUnderWay;
    private long _snapshotEndedAt;
    private bool _hasDeliveredSnapshot;

    /// <param name="log">The log.</param>
    /// <param name="node">Tells how far the members are, while this one leads.</param>
    /// <param name="catchUpEntries">Applied entries that are kept in any case.</param>
    /// <param name="entriesMax">Applied entries that are kept, at most, for a member that lags behind.</param>
    /// <param name="time">The clock.</param>
    internal LogTail(MemoryLog log, RaftNode node, ulong catchUpEntries, ulong entriesMax, TimeProvider time)
    {
        _log = log;
        _node = node;
        _catchUpEntries = catchUpEntries;
        _entriesMax = Math.Max(entriesMax, catchUpEntries);
        _time = time;
    }

    /// <summary>Takes in what the log writer has made durable.</summary>
    internal void Persisted(RaftMessage message)
    {
        if (message.Snapshot is { } snapshot)
        {
            _log.ApplySnapshot(snapshot);
        }

        if (!message.Entries.IsEmpty)
        {
            _log.Append(message.Entries.Span);
            foreach (ref readonly Entry entry in message.Entries.Span)
            {
                _bytesPersisted += entry.Data.Length + EntryOverheadBytes;
            }
        }
    }

    /// <summary>A snapshot leaves for another member.</summary>
    internal void SnapshotBegan()
    {
        _snapshotsUnderWay++;
    }

    /// <summary>A snapshot has ended.</summary>
    /// <param name="delivered">Whether it has reached its receiver. One that refuses every snapshot must not keep the log growing.</param>
    internal void SnapshotEnded(bool delivered)
    {
        _snapshotsUnderWay = Math.Max(0, _snapshotsUnderWay - 1);
        if (delivered)
        {
            _hasDeliveredSnapshot = true;
            _snapshotEndedAt = _time.GetTimestamp();
        }
    }

    /// <summary>Takes note that everything up to <paramref name="index"/> is applied, and cuts off what nobody needs.</summary>
    internal void Applied(ulong index, ConfState configuration)
    {
        // The entries stay for members that lag behind; the requests and replies that travelled with them would stay with them.
        _log.ReleaseAttachments(index);

        // A look at every entry would cost more than the entries it finds.
        if (index < _nextCut || index <= _log.FirstIndex + (2 * _catchUpEntries) || IsNeededForSnapshot)
        {
            return;
        }

        _nextCut = index + Math.Max(_catchUpEntries / 2, 1);
        _marks.Enqueue((_log.LastIndex, _bytesPersisted));
        ulong target = Math.Min(index - _catchUpEntries, Math.Max(LowestWanted(), index - Math.Min(index, _entriesMax)));
        if (target > _log.FirstIndex)
        {
            // A member that lags behind further is sent a snapshot. Raft wants to know of one at the place where the log begins; the data
            // is put in when it leaves.
            _log.CreateSnapshot(target, configuration, default);
            _log.Compact(target);
            while (_marks.TryPeek(out (ulong Index, long Bytes) mark) && mark.Index < target)
            {
                _marks.Dequeue();
            }
        }
    }

    private bool IsNeededForSnapshot =>
        _snapshotsUnderWay > 0 || (_hasDeliveredSnapshot && _time.GetElapsedTime(_snapshotEndedAt) < KeptAfterSnapshot);

    // A follower knows of nobody's progress but its own. When it becomes leader it finds members that were away under the last one: it keeps
    // for them what real etcd keeps, as far as memory allows.
    private ulong LowestWanted()
    {
        ulong lowest = ulong.MaxValue;
        foreach (MemberProgress member in _node.Status.Progress)
        {
            lowest = Math.Min(lowest, member.Match);
        }

        return lowest != ulong.MaxValue ? lowest : FirstWithin(FollowerBytesMax);
    }

    private ulong FirstWithin(long bytesMax)
    {
        ulong first = 0;
        while (_marks.TryPeek(out (ulong Index, long Bytes) mark) && _bytesPersisted - mark.Bytes > bytesMax)
        {
            first = mark.Index;
            _marks.Dequeue();
        }

        return first;
    }
}
