using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;
using Etcd.Server.Membership;
using Etcd.Wal.Inspection;

namespace Etcd.Server.Offline.Replay;

/// <summary>Brings a database forward by the entries of a saved log.</summary>
/// <remarks>What the database holds already is left out, by its consistent index. It stops right behind the entry that made the revision asked for:
/// what came after it, a compaction for instance, is not in the result.</remarks>
internal sealed class LogRollForward(IFileSystem disk, LogPoint point, Action<OfflineNotice> notify, IProgress<double>? progress)
{
    /// <summary>Applies entries up to the point, and holds the result against the database of the member that wrote the log.</summary>
    /// <exception cref="OfflineException">The log is another cluster's or does not reach the point, or the result is not what the member had.</exception>
    internal void Apply(string database)
    {
        using ReplayedMember member = ReplayedMember.Open(disk, database, clusterId: 0, point.Time);
        long begun = member.Revision;
        if (point.Revision < begun)
        {
            throw new OfflineException($"the snapshot is at revision {begun} already, later than {point.Revision}");
        }

        ulong applied = ApplyAll(member, out int left);
        if (point.Revision > member.Revision)
        {
            string rest = left == 0 ? string.Empty : $"; {left} more entries are not known to be committed";
            throw new OfflineException($"{point.Log} ends at revision {member.Revision}, before {point.Revision}{rest}");
        }

        HashKvResult hash = member.Store.HashByRevision(0);
        notify(new OfflineNotice(
            "restore",
            "rolled forward",
            ("path", point.Log),
            ("entries", (long)applied),
            ("index", member.AppliedIndex),
            ("revision", member.Revision),
            ("hash", hash.Hash),
            ("compact-revision", hash.CompactRevision)));
        if (left > 0)
        {
            notify(new OfflineNotice("restore", "entries that are not known to be committed were left out", ("entries", left)));
        }

        Verify(member);
    }

    private ulong ApplyAll(ReplayedMember member, out int left)
    {
        ulong begin = member.AppliedIndex;
        using CommittedEntries entries = CommittedEntries.Open(disk, point.Log, begin);
        bool isFirst = true;
        ulong self = 0;
        left = 0;
        while (true)
        {
            bool more = entries.TryRead(out Entry entry);
            if (isFirst)
            {
                self = OwnerOf(entries, member);
                isFirst = false;
            }

            if (IsReached(member))
            {
                return member.AppliedIndex - begin;
            }

            if (!more)
            {
                break;
            }

            Apply(member, entry);
            progress?.Report((double)entries.BytesRead / entries.Bytes);
        }

        left = ApplyUncommitted(member, entries.Uncommitted, self);
        return member.AppliedIndex - begin;
    }

    private bool IsReached(ReplayedMember member) => member.Revision >= point.Revision;

    /// <summary>What the only voter has logged is committed: it was acknowledged when it was durable there, and the mark that says so follows
    /// with the next write.</summary>
    /// <returns>Entries that nobody knows about.</returns>
    private int ApplyUncommitted(ReplayedMember member, IReadOnlyList<Entry> entries, ulong self)
    {
        int at = 0;
        for (; at < entries.Count && !IsReached(member) && IsOnlyVoter(member.Members, self); at++)
        {
            Apply(member, entries[at]);
        }

        return IsReached(member) ? 0 : entries.Count - at;
    }

    private static bool IsOnlyVoter(ClusterView view, ulong self) =>
        view.Members.Where(member => !member.IsLearner).Select(member => member.Id).SequenceEqual([self]);

    private void Apply(ReplayedMember member, in Entry entry)
    {
        try
        {
            member.Apply(entry);
        }
        catch (UnsupportedEntryException unknown)
        {
            throw new OfflineException($"{point.Log}: entry {entry.Index}: {unknown.Message}", unknown);
        }
    }

    /// <summary>The member that wrote the log, if it is the log of the cluster that the snapshot is of.</summary>
    /// <remarks>No snapshot names its cluster. The member must be in its list, or be added by the log itself; and one index has one term.</remarks>
    private ulong OwnerOf(CommittedEntries entries, ReplayedMember member)
    {
        Metadata metadata = Metadata.Parser.ParseFrom(entries.Metadata.Span);
        if (member.Members.Find(metadata.NodeID) is null && !member.Members.IsRemoved(metadata.NodeID) && !Adds(metadata.NodeID, member.AppliedIndex))
        {
            throw new OfflineException(
                $"{point.Log} is the log of member {Member.FormatId(metadata.NodeID)} of cluster {Member.FormatId(metadata.ClusterID)}, "
                + "which the cluster of the snapshot does not have");
        }

        if (member.AppliedTerm != 0 && entries.TermBefore is { } term && term != member.AppliedTerm)
        {
            throw new OfflineException(
                $"{point.Log} has entry {member.AppliedIndex} of term {term}, the snapshot was taken at that entry of term {member.AppliedTerm}: "
                + "they are of different clusters");
        }

        return metadata.NodeID;
    }

    private bool Adds(ulong memberId, ulong after)
    {
        using CommittedEntries entries = CommittedEntries.Open(disk, point.Log, after);
        while (entries.TryRead(out Entry entry))
        {
            if (entry.Type == EntryType.ConfChange
                && ConfChangeCodec.ReadConfChange(entry.Data) is { Type: ConfChangeType.AddNode or ConfChangeType.AddLearnerNode } change
                && change.NodeId == memberId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Compares with the database of the member that wrote the log, at the newest revision that both have.</summary>
    private void Verify(ReplayedMember member)
    {
        if (point.Database is not { } path || TryHash(path, member.Store) is not { } compared)
        {
            // A damaged database is a reason to restore, and none to throw away what its log has given.
            notify(new OfflineNotice("restore", "no hash to verify with", ("revision", member.Revision)));
            return;
        }

        (long revision, uint wanted, uint found) = compared;
        if (found != wanted)
        {
            throw new OfflineException($"the restored keys have hash {found} at revision {revision}, {path} has {wanted}");
        }

        notify(new OfflineNotice("restore", "verified by hash", ("revision", revision), ("hash", found)));
    }

    private (long Revision, uint Wanted, uint Found)? TryHash(string path, MvccStore restored)
    {
        try
        {
            using DatabaseKeySpace other = DatabaseKeySpace.Open(disk, path, point.LockTimeout);
            long revision = Math.Min(other.CurrentRevision, restored.CurrentRevision);
            long compacted = Math.Max(other.CompactRevision, restored.CompactRevision);
            return compacted > revision
                ? null
                : (revision, other.HashByRevision(revision, compacted), restored.HashByRevision(revision, compacted));
        }
        catch (Bolt.DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process: stop the member, or name its log alone", locked);
        }
        catch (Exception damage) when (damage is Bolt.CorruptDatabaseException or CorruptBackendException or EtcdException or IOException or UnauthorizedAccessException)
        {
            notify(new OfflineNotice("restore", "the database beside the log cannot be read", ("path", path), ("error", damage.Message)));
            return null;
        }
    }
}
