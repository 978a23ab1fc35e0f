using System.Diagnostics.CodeAnalysis;

using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Mvcc;

/// <summary>The member's bolt file behind a write buffer, so that applying entries never waits for a disk sync.</summary>
/// <remarks>
/// <para>The apply thread writes into memory. A commit takes all writes up to the end of an entry, with that entry's index
/// and term, into one transaction of the file, while apply fills the next buffer. Readers see file and buffers as one.</para>
/// <para>Threads: <see cref="Put"/>, <see cref="Delete"/> and <see cref="EndEntry"/> belong to the apply thread, everything else may be called
/// by any. <see cref="Commit"/> and what implies it waits for the entry that is being written, so the apply thread must not call
/// it between a write and its <see cref="EndEntry"/>.</para>
/// </remarks>
public sealed class Backend : IDisposable
{
    private readonly BackendFile _file;
    private readonly Committer _committer;
    private readonly CopyGate _copies = new();

    private Backend(BackendFile file, BackendOptions options)
    {
        _file = file;
        _committer = new Committer(file, options);
        using BackendView view = View();
        _committer.RecoverIndex(Mvcc.ConsistentIndex.Read(view));
    }

    /// <summary>Raft index of the last entry ended, at first as the file has it; 0 before the first.</summary>
    public ulong ConsistentIndex => _committer.LastIndex.Index;

    /// <summary>Term of the entry at <see cref="ConsistentIndex"/>; 0 when unknown.</summary>
    public ulong ConsistentTerm => _committer.LastIndex.Term;

    /// <summary>Size of the file in bytes without unused space at its end: what quota and status count.</summary>
    public long SizeBytes => _file.Database.SizeBytes;

    /// <summary>Bytes of <see cref="SizeBytes"/> that are not in free pages.</summary>
    public long InUseBytes => _file.Database.InUseBytes;

    /// <summary>Length of the file in bytes, with what lies behind its last page.</summary>
    public long FileBytes => _file.Database.FileBytes;

    /// <summary>What was done to give free space of the file back to the disk.</summary>
    public ReclaimFigures Reclaimed => _file.Reclaimed;

    /// <summary>Ends with an error when a commit fails, and without one when the backend is disposed. Whoever runs the member watches it.</summary>
    public Task Completion => _committer.Completion;

    /// <summary>Opens the file, or creates it with all buckets.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <param name="options">How the backend runs.</param>
    /// <exception cref="DatabaseLockedException">Another process has it open.</exception>
    /// <exception cref="CorruptDatabaseException">The file is damaged.</exception>
    public static Backend Open(IFileSystem fileSystem, string path, BackendOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        BackendFile file = BackendFile.Open(fileSystem, path, options);
        try
        {
            return new Backend(file, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a value. Apply thread.</summary>
    /// <param name="bucket">Where; into <see cref="BackendBucket.Key"/> only rising revisions can be written.</param>
    /// <param name="key">Kept, not copied: it must not change.</param>
    /// <param name="value">Kept likewise.</param>
    public void Put(BackendBucket bucket, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        if (bucket != BackendBucket.Key)
        {
            _committer.BeginWrite().Set(bucket, key, value);
        }
        else if (Revision.TryRead(key.Span, out Revision revision, out bool isTombstone))
        {
            PutRevision(revision, isTombstone, value.ToArray());
        }
        else
        {
            throw new ArgumentException("a key of bucket \"key\" is a revision", nameof(key));
        }
    }

    /// <summary>Deletes a value; a missing one is not an error. Apply thread.</summary>
    /// <exception cref="ArgumentException">The bucket is <see cref="BackendBucket.Key"/>: revisions leave by compaction only.</exception>
    public void Delete(BackendBucket bucket, ReadOnlyMemory<byte> key)
    {
        if (bucket == BackendBucket.Key)
        {
            throw new ArgumentException("revisions leave by compaction only", nameof(bucket));
        }

        _committer.BeginWrite().Set(bucket, key, null);
    }

    /// <summary>Ends a raft entry: all that was written since the last call is on disk exactly when this index is. Apply thread.</summary>
    /// <param name="index">Raft index of the entry, not below the one before.</param>
    /// <param name="term">Its term.</param>
    /// <remarks>Waits only when the disk has fallen far behind: see <see cref="BackendOptions.PendingMax"/>.</remarks>
    /// <exception cref="BackendFailedException">A commit has failed.</exception>
    public void EndEntry(ulong index, ulong term) => _committer.EndEntry(new ConsistentIndex(index, term));

    /// <summary>A consistent look at everything written so far.</summary>
    public BackendView View()
    {
        while (true)
        {
            BackendState state = _committer.State;
            if (state.Committed.TryAcquire())
            {
                return new BackendView(state);
            }
        }
    }

    /// <summary>Makes everything durable that was written up to the last ended entry.</summary>
    /// <exception cref="BackendFailedException">A commit has failed.</exception>
    public void Commit() => _committer.Commit();

    /// <summary>As <see cref="Commit"/>, without blocking a thread on the disk.</summary>
    public Task CommitAsync(CancellationToken cancellationToken) => _committer.CommitAsync().WaitAsync(cancellationToken);

    /// <summary>Commits and opens a copy of that state; defragmentation waits until the copy is disposed.</summary>
    public BackendSnapshot TakeSnapshot()
    {
        _copies.EnterCopy();
        return OpenCopy();
    }

    /// <summary>As <see cref="TakeSnapshot"/>, for a caller that cannot wait: a defragmentation may itself wait for a copy that somebody takes
    /// his time with.</summary>
    /// <returns><see langword="false"/> when a defragmentation runs or waits to.</returns>
    public bool TryTakeSnapshot([NotNullWhen(true)] out BackendSnapshot? snapshot)
    {
        snapshot = _copies.TryEnterCopy() ? OpenCopy() : null;
        return snapshot is not null;
    }

    private BackendSnapshot OpenCopy()
    {
        try
        {
            return new BackendSnapshot(_committer.CommitAndRead(), _copies);
        }
        catch
        {
            _copies.LeaveCopy();
            throw;
        }
    }

    /// <summary>Rewrites the file without its free pages. Reads and writes go on; commits wait for the end of it.</summary>
    /// <remarks>Never runs beside a snapshot copy (incident #18055): waits for those that are open, later ones wait for it.</remarks>
    /// <exception cref="DiskFullException">No room for the copy; the old file stays.</exception>
    /// <exception cref="BackendFailedException">The disk failed when the files had changed places: the member must stop.</exception>
    public void Defragment(IProgress<long>? progress = null)
    {
        _copies.EnterDefragment();
        try
        {
            _committer.RunAlone(() => _file.Defragment(progress));
        }
        finally
        {
            _copies.LeaveDefragment();
        }
    }

    /// <summary>Takes a database that a leader has sent in the place of the file. Apply thread, between two entries.</summary>
    /// <param name="path">The database, in the directory of the file; it takes the file's name.</param>
    /// <remarks>
    /// <para>What was written and is not in the file yet is dropped: the database has it, or the leader's state has gone past it. Waits for
    /// a running commit or defragmentation, never for copies. Open views and copies stay valid.</para>
    /// <para>The store on top goes on in the state before until it is told to <see cref="MvccStore.Reload"/>; <see cref="View()"/>, and with it
    /// leases, alarms and whatever else is read again in between, shows the new state at once.</para>
    /// </remarks>
    /// <exception cref="FileNotFoundException">There is no such database.</exception>
    /// <exception cref="CorruptDatabaseException">It is damaged; the old file stays in use.</exception>
    public void Install(string path) => _committer.Replace(() => _file.Install(path));

    /// <summary>CRC-32C over all buckets but the raft index and term, equal to etcd's maintenance Hash. Commits first.</summary>
    public uint Hash()
    {
        using BackendSnapshot snapshot = TakeSnapshot();
        return snapshot.Hash();
    }

    /// <summary>Commits what was ended and closes the file. The store on top is disposed before.</summary>
    /// <exception cref="BackendFailedException">The last commit failed; the file is closed all the same.</exception>
    public void Dispose()
    {
        try
        {
            _committer.Dispose();
        }
        finally
        {
            _file.Dispose();
        }
    }

    /// <summary>Writes a record of bucket <c>key</c>. Apply thread.</summary>
    internal void PutRevision(Revision revision, bool isTombstone, byte[] record) =>
        _committer.BeginWrite().PutRevision(revision, isTombstone, record);

    /// <summary>Hands clean-up work to the next commit and begins it.</summary>
    /// <returns>Ends when it is durable.</returns>
    /// <param name="work">The work.</param>
    /// <param name="fileNumber">The file it was made for.</param>
    /// <exception cref="BackendReplacedException">That file is not in use any more.</exception>
    internal Task CleanUpAsync(CleanUp work, int fileNumber) => _committer.CleanUpAsync(work, fileNumber);

    /// <summary>Tells the files apart that were installed one after the other.</summary>
    internal int FileNumber => _committer.State.Committed.FileNumber;

    /// <summary>As <see cref="View()"/>, of one file: the one in use, or the one before while it is kept.</summary>
    /// <exception cref="BackendReplacedException">It is not kept any more.</exception>
    internal BackendView View(int fileNumber)
    {
        while (true)
        {
            BackendState state = _committer.StateOf(fileNumber);
            if (state.Committed.TryAcquire())
            {
                return new BackendView(state);
            }
        }
    }

    /// <summary>Lets go of the state before the last installation.</summary>
    internal void ReleaseReplaced() => _committer.ReleaseReplaced();
}
