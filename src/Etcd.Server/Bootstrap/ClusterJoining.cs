using System.Globalization;

using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>Finds out, from its members, about a running cluster that this member has been added to.</summary>
internal sealed class ClusterJoining(IPeerQueries queries, TimeProvider time)
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ResolvePatience = TimeSpan.FromSeconds(30);

    /// <summary>How long the members may take to learn of this one. A mistake in the settings is told after it.</summary>
    private static readonly TimeSpan LagPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AskAgainInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Matches the settings with the running cluster; ids are those of the cluster.</summary>
    /// <returns>The cluster's id, and all members with this one among them.</returns>
    /// <exception cref="BootstrapException">They do not match; the text is etcd's.</exception>
    internal async Task<(ulong ClusterId, InitialMembers Members)> RunAsync(InitialMembers configured, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        using var askAgain = new PeriodicTimer(AskAgainInterval, time);
        (ulong ClusterId, InitialMembers Members)? found;
        while ((found = await TryMatchAnyAsync(configured, isLast: time.GetElapsedTime(began) >= LagPatience, cancellationToken)
            .ConfigureAwait(false)) is null)
        {
            await askAgain.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }

        await new VersionAgreement(queries, time).CheckAsync(found.Value.Members.Others, cancellationToken).ConfigureAwait(false);
        return found.Value;
    }

    // A member answers with what it has applied, and whoever adds a member is answered when one has applied it: the others may not know yet.
    private async Task<(ulong ClusterId, InitialMembers Members)?> TryMatchAnyAsync(
        InitialMembers configured, bool isLast, CancellationToken cancellationToken)
    {
        BootstrapException? mismatch = null;
        var running = new RunningCluster(queries, time);
        await foreach (PeerClusterAnswer answer in running.AskAsync(configured.Others, AskPatience, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                return (answer.ClusterId, await MatchAsync(configured, answer, cancellationToken).ConfigureAwait(false));
            }
            catch (BootstrapException difference)
            {
                mismatch ??= difference;
            }
        }

        return (isLast, mismatch) switch
        {
            (_, null) => throw new BootstrapException(
                "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"),
            (true, _) => throw mismatch,
            _ => null,
        };
    }

    private async Task<InitialMembers> MatchAsync(
        InitialMembers configured, PeerClusterAnswer running, CancellationToken cancellationToken)
    {
        if (running.Members.Count != configured.All.Count)
        {
            throw Mismatch(running, "member count is unequal");
        }

        using var limit = new CancellationTokenSource(ResolvePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var matched = new List<Member>();
        foreach (PeerMemberRecord existing in running.Members)
        {
            string? difference = null;
            Member? match = null;
            foreach (Member candidate in configured.All)
            {
                difference = await PeerUrlSets.DifferenceAsync(existing.PeerUrls, candidate.PeerUrls, either.Token).ConfigureAwait(false);
                if (difference is null)
                {
                    match = candidate;
                    break;
                }
            }

            matched.Add(match is null
                ? throw Mismatch(
                    running,
                    $"PeerURLs: no match found for existing member ({Member.FormatId(existing.Id)}, [{string.Join(' ', existing.PeerUrls)}]), "
                    + $"last resolver error ({difference})")
                : match with { Id = existing.Id, IsLearner = existing.IsLearner });
        }

        Member self = matched.Find(member => member.Name == configured.Self.Name)
            ?? throw Mismatch(running, "member count is unequal");
        return new InitialMembers(self, [.. matched.OrderBy(member => member.Id)]);
    }

    private static BootstrapException Mismatch(PeerClusterAnswer running, string why)
    {
        IEnumerable<string> members = running.Members.Select(member => string.Create(
            CultureInfo.InvariantCulture,
            $"&{{ID:{Member.FormatId(member.Id)} RaftAttributes:{{PeerURLs:[{string.Join(' ', member.PeerUrls)}] IsLearner:{(member.IsLearner ? "true" : "false")}}} "
            + $"Attributes:{{Name:{member.Name} ClientURLs:[{string.Join(' ', member.ClientUrls)}]}}}}"));
        return new BootstrapException(
            $"error validating peerURLs {{ClusterID:{Member.FormatId(running.ClusterId)} Members:[{string.Join(' ', members)}] RemovedMemberIDs:[]}}: {why}");
    }
}
