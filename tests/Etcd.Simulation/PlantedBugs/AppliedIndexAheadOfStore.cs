using System.Buffers.Binary;

using Etcd.Bolt;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>After a crash the database names an entry as applied whose effects it does not have (incident #13766).</summary>
internal sealed class AppliedIndexAheadOfStore : PlantedBug
{
    private const string Path = "/data/member/snap/db";

    public override void Tamper(SimulatedFileSystem disk)
    {
        if (!disk.FileExists(Path))
        {
            return;
        }

        using BoltDatabase database = BoltDatabase.Open(disk, Path, new BoltOptions());
        using BoltWriteTransaction transaction = database.BeginWrite();
        if (transaction.Bucket("meta"u8) is { } meta && meta.TryGet("consistent_index"u8, out ReadOnlySpan<byte> value) && value.Length == sizeof(ulong))
        {
            byte[] next = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(next, BinaryPrimitives.ReadUInt64BigEndian(value) + 1);
            meta.Put("consistent_index"u8.ToArray(), next);
            transaction.Commit();
        }
    }
}
