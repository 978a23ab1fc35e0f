using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>One committed version of the file, read by any number of views at once.</summary>
internal sealed class CommittedState
{
    private readonly BoltReadTransaction _transaction;
    private readonly BoltBucket[] _buckets = new BoltBucket[BackendBuckets.Count];
    private int _references = 1;

    /// <summary>Opens the newest version of a file that has all buckets.</summary>
    /// <param name="database">The file.</param>
    /// <param name="fileNumber">How many files were installed before this one came to be.</param>
    public CommittedState(BoltDatabase database, int fileNumber)
    {
        FileNumber = fileNumber;
        _transaction = database.BeginRead();
        for (int bucket = 0; bucket < _buckets.Length; bucket++)
        {
            _buckets[bucket] = _transaction.Bucket(BackendBuckets.NameOf((BackendBucket)bucket))
                ?? throw new CorruptBackendException($"bucket {(BackendBucket)bucket} is missing");
        }
    }

    /// <summary>Tells the files apart that followed each other under one backend; a defragmented file keeps its number.</summary>
    public int FileNumber { get; }

    /// <summary>A bucket as it was committed.</summary>
    public BoltBucket Bucket(BackendBucket bucket) => _buckets[(int)bucket];

    /// <summary>Keeps the version readable.</summary>
    /// <returns><see langword="false"/> when it has been given up already: a newer one is published.</returns>
    public bool TryAcquire()
    {
        int references = Volatile.Read(ref _references);
        while (references > 0)
        {
            int seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
            {
                return true;
            }

            references = seen;
        }

        return false;
    }

    /// <summary>Lets go of one reference; the last one ends the transaction.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _transaction.Dispose();
        }
    }
}
