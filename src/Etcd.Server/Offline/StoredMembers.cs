using System.Text;

using Etcd.Bolt;
using Etcd.Mvcc;
using Etcd.Server.Membership;

namespace Etcd.Server.Offline;

/// <summary>The members that a database names.</summary>
internal static class StoredMembers
{
    /// <summary>Takes out all members, present and removed, and puts others in.</summary>
    internal static void Replace(BoltWriteTransaction transaction, IEnumerable<Member> others)
    {
        Clear(transaction, BackendBucket.MembersRemoved);
        BoltBucket members = Clear(transaction, BackendBucket.Members);
        foreach (Member member in others)
        {
            members.Put(Encoding.ASCII.GetBytes(Member.FormatId(member.Id)), MemberRecord.Write(member));
        }
    }

    /// <summary>Takes out what the cluster as a whole has: its version, and a downgrade that is under way.</summary>
    internal static void ForgetCluster(BoltWriteTransaction transaction) => Clear(transaction, BackendBucket.Cluster);

    private static BoltBucket Clear(BoltWriteTransaction transaction, BackendBucket name)
    {
        BoltBucket bucket = transaction.CreateBucketIfMissing(BackendBuckets.NameOf(name));
        BoltCursor cursor = bucket.Cursor();
        List<byte[]> keys = [];
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            keys.Add(cursor.Key.ToArray());
        }

        keys.ForEach(key => bucket.Delete(key));
        return bucket;
    }
}
