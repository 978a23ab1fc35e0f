using System.Security.Cryptography;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Replay;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Google.Protobuf;

namespace Etcd.Server.Tests.Offline;

/// <summary>Simulated disks with what offline work begins with: a snapshot, a restored member, a member with a log.</summary>
internal static class OfflineDisk
{
    internal const string SnapshotPath = "/snapshot.db";
    internal static readonly byte[] SnapshotBytes = MakeSnapshot();

    internal static RestoreOptions Options => new() { SnapshotPath = SnapshotPath, DataDirectory = "/data", InitialMapBytes = 1 << 20 };

    internal static SimulatedFileSystem NewDisk()
    {
        var disk = new SimulatedFileSystem();
        Write(disk, SnapshotPath, SnapshotBytes);
        disk.SyncDirectory("/");
        return disk;
    }

    internal static RestoreOptions Forward(SimulatedFileSystem disk) =>
        Options with { DataDirectory = "/forward", RollForwardTo = LogPoint.At(disk, "/data/member/wal", null, TimeProvider.System) };

    /// <summary>A disk with a member whose log has put a key three times.</summary>
    internal static SimulatedFileSystem NewDiskWithLog() => NewDiskWithLog(puts: 3, valueBytes: 5000);

    internal static SimulatedFileSystem NewDiskWithLog(int puts, int valueBytes)
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options);
        Snapshot begin = new SnapshotStore(disk, "/data/member/snap").LoadNewest(WriteAheadLog.ReadSnapshotRecords(disk, "/data/member/wal"))!;
        using WriteAheadLog log = WriteAheadLog.Open(
            disk,
            "/data/member/wal",
            new WalSnapshot(begin.Metadata.Index, begin.Metadata.Term, begin.Metadata.ConfState),
            new WalOptions(),
            out WalContents contents);
        Entry[] entries = [.. Enumerable.Range(1, puts).Select(number => new Entry(
            1, begin.Metadata.Index + (ulong)number, EntryType.Normal, new InternalRaftRequest
            {
                Header = new RequestHeader { ID = (ulong)number },
                Put = new PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[valueBytes]) },
            }.ToByteArray()))];
        log.Save(contents.HardState with { Commit = entries[^1].Index }, entries);
        return disk;
    }

    /// <summary>Runs work whose errors name what was done, and lets the loss of power out of them.</summary>
    internal static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failure) when (failure.GetBaseException() is PowerLostException)
        {
            throw failure.GetBaseException();
        }
    }

    internal static void Restore(SimulatedFileSystem disk, RestoreOptions options) => Unwrapped(() => new SnapshotRestore(disk, _ => { }).Run(options));

    internal static void Write(SimulatedFileSystem disk, string path, byte[] bytes)
    {
        using IFile file = disk.Open(path, FileOpening.CreateOrReadWrite);
        file.SetLength(bytes.Length);
        file.Write(bytes, 0);
        file.Sync();
    }

    internal static byte[] Read(SimulatedFileSystem disk, string path)
    {
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    private static byte[] MakeSnapshot()
    {
        var disk = new SimulatedFileSystem();
        using (BoltDatabase database = BoltDatabase.Open(disk, "/made", new BoltOptions { InitialMapBytes = 1 << 20 }))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            for (var bucket = BackendBucket.Alarm; bucket <= BackendBucket.Meta; bucket++)
            {
                transaction.CreateBucketIfMissing(BackendBuckets.NameOf(bucket));
            }

            transaction.Commit();
        }

        byte[] bytes = Read(disk, "/made");
        bytes = bytes[..(bytes.Length / 512 * 512)];
        return [.. bytes, .. SHA256.HashData(bytes)];
    }
}
