using System.Buffers.Binary;
using System.Text;

using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Looks through all of a database file: pages, trees, and each pair.</summary>
internal sealed class DatabaseCheck(IFileSystem disk, string path, List<CheckFinding> findings)
{
    private const int PairFindingsMax = 100;

    internal long Pairs { get; private set; }

    internal ulong ConsistentIndex { get; private set; }

    /// <exception cref="OfflineException">Another process has the file.</exception>
    internal void Run(TimeSpan? lockTimeout)
    {
        try
        {
            using BoltDatabase database = BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout });
            IReadOnlyList<DatabaseFault> faults = database.Inspect();
            findings.AddRange(faults.Select(fault => new CheckFinding(path, fault.Offset, fault.Message, IsTorn: false)));
            if (faults.Count == 0)
            {
                // The trees are whole, so every pair can be reached.
                using BoltReadTransaction transaction = database.BeginRead();
                CheckPairs(transaction);
            }
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (CorruptDatabaseException damage)
        {
            findings.Add(new CheckFinding(path, damage.Offset, $"expected {damage.Expected}, found {damage.Found}", IsTorn: false));
        }
    }

    private void CheckPairs(BoltReadTransaction transaction)
    {
        int found = 0;
        foreach (byte[] name in transaction.BucketNames())
        {
            string bucket = Encoding.UTF8.GetString(name);
            BoltCursor cursor = transaction.Bucket(name)!.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                Pairs++;
                if (bucket == "meta" && cursor.Key.SequenceEqual("consistent_index"u8) && cursor.Value.Length == sizeof(ulong))
                {
                    ConsistentIndex = BinaryPrimitives.ReadUInt64BigEndian(cursor.Value);
                }

                if (found < PairFindingsMax && DatabasePairs.Fault(bucket, cursor.Key, cursor.Value) is { } fault)
                {
                    found++;
                    findings.Add(new CheckFinding(path, null, $"bucket {bucket}, key {Convert.ToHexString(cursor.Key)}: {fault}", IsTorn: false));
                }
            }
        }
    }
}
