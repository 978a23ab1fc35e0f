using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Looks through all of a database file: pages, trees, and each pair.</summary>
internal sealed class DatabaseCheck(IFileSystem disk, string path, List<CheckFinding> findings)
{
    internal long Pairs { get; private set; }

    /// <summary>Index of the last entry in the database; 0 for none, <see langword="null"/> when that cannot be told any more.</summary>
    internal ulong? ConsistentIndex { get; private set; }

    /// <exception cref="OfflineException">Another process has the file, or the user may not read it.</exception>
    internal void Run(TimeSpan? lockTimeout)
    {
        if (!disk.FileExists(path))
        {
            UnseenPaths.ThrowIfDenied(disk, path);
            findings.Add(new CheckFinding(path, null, "there is no database", IsTorn: false));
            ConsistentIndex = 0;
            return;
        }

        int before = findings.Count;
        try
        {
            using BoltDatabase database = BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout });
            IReadOnlyList<DatabaseFault> faults = database.Inspect();
            findings.AddRange(faults.Select(fault => new CheckFinding(path, fault.Offset, fault.Message, fault.IsTorn)));
            using BoltReadTransaction transaction = database.BeginRead();

            // Whatever is broken elsewhere: what decides whether the log still fits is one pair of one bucket.
            ConsistentIndex = DatabaseLayout.ReadConsistentIndex(transaction);
            if (faults.All(fault => fault.IsTorn))
            {
                // The trees are whole, so every pair can be reached.
                Pairs = DatabaseContent.Check(transaction, fault => findings.Add(new CheckFinding(path, null, fault, IsTorn: false)));
            }
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (CorruptDatabaseException) when (findings.Count > before)
        {
            // What keeps the index from being read was found and named before.
        }
        catch (CorruptDatabaseException damage)
        {
            findings.Add(new CheckFinding(path, damage.Offset, $"expected {damage.Expected}, found {damage.Found}", IsTorn: false));
        }

        if (ConsistentIndex is null && findings.Count == before)
        {
            // A database that nothing was ever written into has no index, and nothing is wrong with it.
            ConsistentIndex = 0;
        }
    }
}
