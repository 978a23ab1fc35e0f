using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>The members that the settings name, and this one among them.</summary>
/// <param name="Self">This member.</param>
/// <param name="All">All of them, ascending by id.</param>
internal sealed record InitialMembers(Member Self, IReadOnlyList<Member> All)
{
    private static readonly TimeSpan ResolvePatience = TimeSpan.FromSeconds(30);

    /// <summary>All but this member.</summary>
    internal IReadOnlyList<Member> Others => [.. All.Where(member => member.Name != Self.Name)];

    /// <summary>Identity of the cluster these members found.</summary>
    internal ulong ClusterId => MemberIds.ForCluster(All.Select(member => member.Id));

    /// <summary>Reads the settings.</summary>
    /// <exception cref="BootstrapException">They contradict themselves; the text is etcd's.</exception>
    internal static InitialMembers Of(ServerOptions options)
    {
        Member[] all =
        [
            .. options.InitialCluster
                .Select(item => new Member(
                    MemberIds.ForMember(item.Value, options.InitialClusterToken),
                    [.. item.Value.Order(StringComparer.Ordinal)],
                    IsLearner: false,
                    item.Key,
                    []))
                .OrderBy(member => member.Id),
        ];
        Member self = Array.Find(all, member => member.Name == options.Name)
            ?? throw new BootstrapException($"couldn't find local name \"{options.Name}\" in the initial cluster configuration");
        if (all.SelectMany(member => member.PeerUrls).GroupBy(url => url, StringComparer.Ordinal).Any(same => same.Count() > 1))
        {
            IEnumerable<string> texts = all.SelectMany(member => member.PeerUrls.Select(url => $"{member.Name}={url}"));
            throw new BootstrapException($"initial cluster {string.Join(',', texts.Order(StringComparer.Ordinal))} has duplicate url");
        }

        return new InitialMembers(self, all);
    }

    /// <summary>Checks that this member is reached where the others are told it is.</summary>
    /// <exception cref="BootstrapException">It is not; the text is etcd's.</exception>
    internal async Task CheckAdvertisedAsync(IReadOnlyList<string> advertised, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ResolvePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string? difference = await PeerUrlSets.DifferenceAsync(advertised, Self.PeerUrls, either.Token).ConfigureAwait(false);
        if (difference is null)
        {
            return;
        }

        string[] unadvertised = [.. Self.PeerUrls.Except(advertised, StringComparer.Ordinal).Select(url => $"{Self.Name}={url}")];
        if (unadvertised.Length > 0)
        {
            throw new BootstrapException(
                $"--initial-cluster has {string.Join(',', unadvertised)} but missing from "
                + $"--initial-advertise-peer-urls={string.Join(',', advertised)} ({difference})");
        }

        throw new BootstrapException(
            $"--initial-advertise-peer-urls has {string.Join(',', advertised.Except(Self.PeerUrls, StringComparer.Ordinal))} but missing from "
            + $"--initial-cluster={string.Join(',', advertised.Select(url => $"{Self.Name}={url}"))}");
    }
}
