using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Etcd.Server.Membership;

/// <summary>Computes member and cluster ids the way etcd does, so that members of both kinds agree on them.</summary>
public static class MemberIds
{
    /// <summary>Id of a member: the first 8 bytes of SHA-1 over its sorted peer URLs, the cluster token and, for a member added
    /// to a running cluster, the second it was added.</summary>
    /// <param name="peerUrls">The member's peer URLs in any order.</param>
    /// <param name="clusterToken">The cluster's <c>--initial-cluster-token</c>; empty for a member added at run time.</param>
    /// <param name="addedAt">When the member was added; <see langword="null"/> for a member of the initial cluster.</param>
    public static ulong ForMember(IEnumerable<string> peerUrls, string clusterToken, DateTimeOffset? addedAt = null)
    {
        var text = new StringBuilder();
        text.AppendJoin(string.Empty, peerUrls.Order(StringComparer.Ordinal));
        text.Append(clusterToken);
        if (addedAt is { } time)
        {
            text.Append(time.ToUnixTimeSeconds());
        }

        return FirstEightBytesOfSha1(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Id of a cluster: the first 8 bytes of SHA-1 over its initial member ids, ascending and big-endian.</summary>
    public static ulong ForCluster(IEnumerable<ulong> initialMemberIds)
    {
        ulong[] ids = [.. initialMemberIds.Order()];
        byte[] bytes = new byte[ids.Length * sizeof(ulong)];
        for (int i = 0; i < ids.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), ids[i]);
        }

        return FirstEightBytesOfSha1(bytes);
    }

#pragma warning disable CA5350 // SHA-1 names members here, it protects nothing; the ids must equal real etcd's.
    private static ulong FirstEightBytesOfSha1(byte[] bytes) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA1.HashData(bytes));
#pragma warning restore CA5350
}
