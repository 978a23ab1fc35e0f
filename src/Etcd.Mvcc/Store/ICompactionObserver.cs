namespace Etcd.Mvcc;

/// <summary>Is told how compactions go. Called on the thread that compacts; must be quick and must not throw.</summary>
public interface ICompactionObserver
{
    /// <summary>The key index begins to lose what only reads below a revision would need.</summary>
    void IndexBegins(long revision);

    /// <summary>A slice of the key index is done: for so long writers of the index had to wait.</summary>
    void IndexSlice(TimeSpan took);

    /// <summary>A slice of the file is done.</summary>
    /// <param name="took">Time it took.</param>
    /// <param name="keysDeleted">Revisions taken out of the file.</param>
    void FileSlice(TimeSpan took, int keysDeleted);

    /// <summary>The file has gone through the compaction.</summary>
    /// <param name="revision">Revision compacted at.</param>
    /// <param name="hash">Checksum of the key space at it.</param>
    /// <param name="took">Time since it began, pauses included.</param>
    void Finished(long revision, uint hash, TimeSpan took);
}
