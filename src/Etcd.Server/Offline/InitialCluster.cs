using System.Globalization;

using Etcd.Server.Membership;

namespace Etcd.Server.Offline;

/// <summary>The members a restored cluster begins with.</summary>
/// <param name="ClusterId">Identity of the cluster.</param>
/// <param name="Self">The member being restored.</param>
/// <param name="Members">All members, ascending by id.</param>
internal sealed record InitialCluster(ulong ClusterId, Member Self, IReadOnlyList<Member> Members)
{
    /// <exception cref="OfflineException">The settings do not fit together.</exception>
    internal static InitialCluster Of(RestoreOptions options)
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> cluster = PeerUrls.ReadCluster(options.InitialCluster);
        if (!cluster.TryGetValue(options.Name, out IReadOnlyList<string>? own))
        {
            throw new OfflineException($"couldn't find local name \"{options.Name}\" in the initial cluster configuration");
        }

        CheckAdvertised(options.Name, own, PeerUrls.Read(options.InitialAdvertisePeerUrls));
        if (cluster.Values.SelectMany(urls => urls).GroupBy(url => url, StringComparer.Ordinal).Any(same => same.Count() > 1))
        {
            string listed = string.Join(',', cluster.SelectMany(member => member.Value.Select(url => $"{member.Key}={url}")).Order(StringComparer.Ordinal));
            throw new OfflineException($"initial cluster {listed} has duplicate url");
        }

        Member[] members =
        [
            .. cluster
                .Select(member => new Member(
                    MemberIds.ForMember(member.Value, options.InitialClusterToken), member.Value, IsLearner: false, member.Key, []))
                .OrderBy(member => member.Id),
        ];
        return new InitialCluster(
            MemberIds.ForCluster(members.Select(member => member.Id)), Array.Find(members, member => member.Name == options.Name)!, members);
    }

    private static void CheckAdvertised(string name, IReadOnlyList<string> inCluster, IReadOnlyList<string> advertised)
    {
        string[] unadvertised = [.. inCluster.Except(advertised, StringComparer.Ordinal).Select(url => $"{name}={url}")];
        if (unadvertised.Length > 0)
        {
            throw new OfflineException(
                $"--initial-cluster has {string.Join(',', unadvertised)} but missing from "
                + $"--initial-advertise-peer-urls={string.Join(',', advertised)} ({Difference(advertised, inCluster)})");
        }

        string[] unlisted = [.. advertised.Except(inCluster, StringComparer.Ordinal)];
        if (unlisted.Length > 0)
        {
            throw new OfflineException(
                $"--initial-advertise-peer-urls has {string.Join(',', unlisted)} but missing from "
                + $"--initial-cluster={string.Join(',', advertised.Select(url => $"{name}={url}"))}");
        }

        // The same ones, and some of them twice.
        if (advertised.Count != inCluster.Count)
        {
            throw new OfflineException(
                $"failed to resolve {string.Join(',', advertised)} to match "
                + $"--initial-cluster={string.Join(',', advertised.Select(url => $"{name}={url}"))} ({Difference(advertised, inCluster)})");
        }
    }

    private static string Difference(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        if (left.Count != right.Count)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"len([{Quoted(left)}]) != len([{Quoted(right)}])");
        }

        int first = Enumerable.Range(0, left.Count).First(i => left[i] != right[i]);
        return $"resolved urls: \"{left[first]}\" != \"{right[first]}\"";
    }

    private static string Quoted(IReadOnlyList<string> urls) => string.Join(' ', urls.Select(url => $"\"{url}\""));
}
