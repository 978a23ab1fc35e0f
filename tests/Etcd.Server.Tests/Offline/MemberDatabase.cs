using System.Buffers.Binary;
using System.Text;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;
using Etcd.Server.Membership;
using Etcd.Server.Offline;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using Member = Etcd.Server.Membership.Member;

namespace Etcd.Server.Tests.Offline;

/// <summary>The database of a member that has worked for a while: something in each bucket but the two whose keys stand nowhere else.</summary>
internal static class MemberDatabase
{
    internal const string FilePath = "/db";

    /// <summary>Small pages, so that little data makes a tree with branches.</summary>
    internal const int PageBytes = 1024;

    /// <summary>The file as it is between two commits: pages up to the last one, some of them free.</summary>
    internal static readonly byte[] Bytes = Make(compactAt: 0);

    /// <summary>The same member, with its older half compacted.</summary>
    internal static readonly byte[] CompactedBytes = Make(compactAt: 60);

    internal static SimulatedFileSystem DiskWith(byte[] bytes, string path = FilePath)
    {
        var disk = new SimulatedFileSystem();
        Write(disk, bytes, path);
        return disk;
    }

    internal static void Write(SimulatedFileSystem disk, byte[] bytes, string path = FilePath)
    {
        disk.CreateDirectory(Path.GetDirectoryName(path)!);
        disk.DeleteFile(path);
        using IFile file = disk.Open(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
    }

    private static byte[] Make(long compactAt)
    {
        var disk = new SimulatedFileSystem();
        BoltDatabase.Open(disk, FilePath, new BoltOptions { PageSizeBytes = PageBytes }).Dispose();
        using (Backend backend = Backend.Open(disk, FilePath, new BackendOptions { CommitsOnOwnThread = false, InitialMapBytes = 1 << 20 }))
        {
            using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions { CompactsInBackground = false });
            ulong index = 1;
            for (int number = 0; number < 120; number++)
            {
                if (number % 15 == 14)
                {
                    store.DeleteRange(new DeleteRangeRequest { Key = Text("key-01"), RangeEnd = Text("key-05") });
                }
                else
                {
                    store.Put(new PutRequest { Key = Text($"key-{number % 25:d2}"), Value = Text(new string('v', number % 23)) });
                }

                backend.EndEntry(++index, 2);
                if (number % 40 == 0)
                {
                    backend.Commit();
                }
            }

            PutTheRest(backend);
            backend.EndEntry(++index, 2);
            if (compactAt > 0)
            {
                store.Compact(compactAt);
                backend.EndEntry(++index, 2);
                store.RunCompactions();
            }

            backend.Commit();
        }

        using IFile file = disk.Open(FilePath, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes[..(int)new DatabaseStructure(bytes, PageBytes).EndOfPages];
    }

    private static void PutTheRest(Backend backend)
    {
        const ulong MemberId = 0x28e260102cbb06b3;
        const long LeaseId = 0x7777;
        byte[] leaseKey = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(leaseKey, LeaseId);
        backend.Put(BackendBucket.Lease, leaseKey, new Protocol.Leases.Lease { ID = LeaseId, TTL = 100 }.ToByteArray());
        backend.Put(BackendBucket.AuthUsers, Encode("root"), new User { Name = Text("root") }.ToByteArray());
        backend.Put(BackendBucket.AuthRoles, Encode("root"), new Role { Name = Text("root") }.ToByteArray());
        backend.Put(BackendBucket.Auth, Encode("authEnabled"), new byte[] { 0 });
        backend.Put(BackendBucket.Auth, Encode("authRevision"), new byte[] { 0, 0, 0, 0, 0, 0, 0, 3 });
        backend.Put(BackendBucket.Cluster, Encode("clusterVersion"), Encode("3.5.0"));
        backend.Put(BackendBucket.Meta, Encode("confState"), Encode("{\"voters\":[2946022728839923379],\"auto_leave\":false}"));
        var member = new Member(MemberId, ["http://127.0.0.1:2380"], IsLearner: false, "default", ["http://127.0.0.1:2379"]);
        backend.Put(BackendBucket.Members, Encode(Member.FormatId(MemberId)), MemberRecord.Write(member));
    }

    private static byte[] Encode(string text) => Encoding.UTF8.GetBytes(text);

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);
}
