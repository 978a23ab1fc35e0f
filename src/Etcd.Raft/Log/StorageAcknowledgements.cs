namespace Etcd.Raft;

/// <summary>Takes in what the log writer and the applier have done.</summary>
internal sealed class StorageAcknowledgements(RaftCore core)
{
    /// <summary>Entries, a snapshot or both are durable, and their write was handed out in the current term.</summary>
    public void OnAppended(RaftMessage message)
    {
        if (message.Index != 0)
        {
            core.Log.Unstable.StableTo(new EntryId(message.LogTerm, message.Index));
        }

        OnSnapshotInstalled(message.Snapshot);
    }

    /// <summary>The same from an earlier term. The entries may have been replaced by others of the same index and, after two changes of
    /// leader, even of the same term as an entry still being written: so the acknowledgement does not count. A snapshot cannot
    /// be replaced.</summary>
    public void OnAppendedInLowerTerm(RaftMessage message)
    {
        if (message.Index != 0)
        {
            core.Observer?.Observe(new StableEntriesIgnored(
                StaleAcknowledgement.LowerTerm,
                core.Term,
                message.Term,
                message.Index,
                message.LogTerm,
                UnstableTerm: 0));
        }

        OnSnapshotInstalled(message.Snapshot);
    }

    /// <summary>Committed entries are applied.</summary>
    public void OnApplied(RaftMessage message)
    {
        ReadOnlySpan<Entry> entries = message.Entries.Span;
        if (entries.IsEmpty)
        {
            return;
        }

        MarkApplied(entries[^1].Index, EntrySize.Encoded(entries));
        core.Proposals.OnApplied(entries);
    }

    private void OnSnapshotInstalled(Snapshot? snapshot)
    {
        if (snapshot is not null)
        {
            core.Log.Unstable.StableSnapshotTo(snapshot.Metadata.Index);
            MarkApplied(snapshot.Metadata.Index, bytes: 0);
        }
    }

    private void MarkApplied(ulong index, ulong bytes)
    {
        core.Log.MarkApplied(Math.Max(index, core.Log.Applied), bytes);
        core.Membership.OnApplied();
    }
}
