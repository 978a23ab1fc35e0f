using System.Text;

using Etcd.Bolt;
using Etcd.Mvcc;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Looks at all that stands in the trees of a database, once the trees themselves were found whole: its buckets, and every pair.</summary>
internal static class DatabaseContent
{
    private const int PairFindingsMax = 100;

    /// <summary>Checks buckets and pairs.</summary>
    /// <param name="transaction">The database.</param>
    /// <param name="report">Told what is wrong; of pairs, the first hundred.</param>
    /// <returns>Pairs in all buckets.</returns>
    /// <exception cref="CorruptDatabaseException">A page is damaged.</exception>
    internal static long Check(BoltReadTransaction transaction, Action<string> report)
    {
        foreach (string missing in DatabaseLayout.Missing(transaction))
        {
            report($"bucket {missing} is missing");
        }

        foreach (string unknown in DatabaseLayout.Unknown(transaction))
        {
            report($"bucket {unknown} is none of a member's");
        }

        if (DatabaseLayout.ReadConsistentIndex(transaction) is null
            && transaction.Bucket(BackendBuckets.NameOf(BackendBucket.Key))?.Cursor().MoveFirst() is true)
        {
            report("there are keys, and no index of the entry that wrote the last one (consistent_index)");
        }

        long pairs = 0;
        int found = 0;
        foreach (byte[] name in transaction.BucketNames())
        {
            BoltBucket bucket = transaction.Bucket(name)!;
            string bucketName = Encoding.UTF8.GetString(name);
            if (bucket.Sequence != 0)
            {
                report($"bucket {bucketName} has sequence {bucket.Sequence}, which no member uses");
            }

            RecordSequence? records = bucketName == "key"
                ? new RecordSequence(DatabaseLayout.ReadCompactRevision(transaction), followsKeys: true)
                : null;
            BoltCursor cursor = bucket.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                pairs++;
                string? fault = cursor.IsBucket ? "a bucket inside the bucket"
                    : records is not null ? records.Take(cursor.Key, cursor.Value)
                    : DatabasePairs.Fault(bucketName, cursor.Key, cursor.Value);
                if (fault is not null && found++ < PairFindingsMax)
                {
                    report($"bucket {bucketName}, key {Convert.ToHexString(cursor.Key)}: {fault}");
                }
            }
        }

        return pairs;
    }
}
