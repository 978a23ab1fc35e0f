using System.Text;

using Etcd.Disk;
using Etcd.Server.Tests.Clusters;

namespace Etcd.Server.Tests.Integrity;

/// <summary>Changes what the database file of a stopped member holds, as a bad disk or a wrong hand would.</summary>
internal static class StoredBytes
{
    private const string Database = "/data/member/snap/db";

    /// <summary>Replaces a text by another of the same length, wherever it stands.</summary>
    public static void Replace(ClusterMember member, string text, string replacement)
    {
        byte[] sought = Encoding.UTF8.GetBytes(text);
        byte[] replacing = Encoding.UTF8.GetBytes(replacement);
        Assert.Equal(sought.Length, replacing.Length);
        using IFile file = member.Disk.Open(Database, FileOpening.ReadWrite);
        byte[] content = new byte[file.Length];
        file.Read(content, 0);
        int found = 0;
        for (int from = 0; content.AsSpan(from).IndexOf(sought) is >= 0 and int at; from += at + sought.Length)
        {
            file.Write(replacing, from + at);
            found++;
        }

        file.Sync();
        Assert.NotEqual(0, found);
    }
}
