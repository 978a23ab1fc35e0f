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
        Clear(transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.MembersRemoved)));
        BoltBucket members = transaction.CreateBucketIfMissing(BackendBuckets.NameOf(BackendBucket.Members));
        Clear(members);
        foreach (Member member in others)
        {
            members.Put(Encoding.ASCII.GetBytes(Member.FormatId(member.Id)), MemberRecord.Write(member));
        }
    }

    private static void Clear(BoltBucket bucket)
    {
        BoltCursor cursor = bucket.Cursor();
        List<byte[]> keys = [];
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            keys.Add(cursor.Key.ToArray());
        }

        keys.ForEach(key => bucket.Delete(key));
    }
}
