using System.Text;

using Etcd.Disk.Linux;
using Etcd.Raft;
using Etcd.Testing;
using Etcd.Wal;

namespace Etcd.V2.Tests.Dump;

/// <summary>Dumps as real etcd 3.4 and 3.5 wrote them.</summary>
public sealed class RealDumpTests
{
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public void Recover_DumpOfRealEtcd_IsWrittenAgainByteForByte()
    {
        int compared = 0;
        foreach (string name in DataDirectoryFixture.Names)
        {
            using var fixture = new DataDirectoryFixture(name);
            foreach (string path in Directory.EnumerateFiles(fixture.SnapDirectory, "*.snap"))
            {
                byte[] dump = PayloadOf(path);
                var store = new V2Store("/0", "/1");

                store.Recover(dump);

                Assert.Equal(Encoding.UTF8.GetString(dump), Encoding.UTF8.GetString(store.TakeDump().ToJson().Span));
                compared++;
            }
        }

        Assert.True(compared >= 10, $"only {compared} dumps found");
    }

    private static byte[] PayloadOf(string path)
    {
        string directory = Path.GetDirectoryName(path)!;
        string[] parts = Path.GetFileNameWithoutExtension(path).Split('-');
        ulong term = Convert.ToUInt64(parts[0], 16);
        ulong index = Convert.ToUInt64(parts[1], 16);
        Snapshot? snapshot = new SnapshotStore(LinuxFileSystem.Instance, directory).LoadNewest([new WalSnapshot(index, term, null)]);
        return snapshot!.Data.ToArray();
    }
}
