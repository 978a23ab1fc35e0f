using System.Globalization;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Diagnosis;

/// <summary>Is the list of members as it should be?</summary>
internal static class MembershipRules
{
    private const string Name = "members";

    public static IEnumerable<Finding> Check(ClusterView view)
    {
        if (view.Members.Count == 0)
        {
            yield return Finding.Problem(Name, "the list of members is not to be had", "With authentication on, give --user. Otherwise no endpoint answers.");
            yield break;
        }

        List<Finding> found = [.. Unstarted(view), .. Duplicates(view), .. Learners(view), .. Count(view)];
        foreach (Finding finding in found)
        {
            yield return finding;
        }

        if (found.Count == 0)
        {
            yield return Finding.Good(Name, $"{view.Members.Count} of {view.Members.Count} are started");
        }
    }

    private static IEnumerable<Finding> Unstarted(ClusterView view) => view.Members
        .Where(member => member.Name.Length == 0)
        .Select(member => Finding.Problem(
            Name,
            $"member {GoNumber.Hex(member.ID)} ({string.Join(",", member.PeerURLs)}) was added and never started",
            $"Start it with --initial-cluster-state existing, or remove it: etcdctl member remove {GoNumber.Hex(member.ID)}. Until then it counts for the quorum."));

    private static IEnumerable<Finding> Duplicates(ClusterView view)
    {
        foreach (IGrouping<string, Member> group in view.Members.Where(member => member.Name.Length > 0).GroupBy(member => member.Name).Where(HasSeveral))
        {
            yield return Finding.Warning(
                Name, $"{group.Count()} members are called {group.Key}", "Give each member a name of its own; a member that was replaced may have to be removed.");
        }

        foreach (IGrouping<string, Member> group in view.Members
            .SelectMany(member => member.PeerURLs.Select(url => (Url: url, Member: member)))
            .GroupBy(pair => pair.Url, pair => pair.Member)
            .Where(HasSeveral))
        {
            yield return Finding.Problem(
                Name,
                $"{group.Count()} members have the peer address {group.Key}",
                "One of them is a leftover: etcdctl member remove ID, of the one that does not run.");
        }
    }

    private static IEnumerable<Finding> Learners(ClusterView view) => view.Members
        .Where(member => member.IsLearner)
        .Select(member => Finding.Warning(
            Name,
            $"{view.NameOf(member.ID)} is a learner: it has no vote",
            $"Once it has caught up, etcdctl member promote {GoNumber.Hex(member.ID)}; or remove it."));

    private static IEnumerable<Finding> Count(ClusterView view)
    {
        int voters = view.Members.Count(member => !member.IsLearner);
        if (voters % 2 == 0)
        {
            yield return Finding.Warning(
                Name,
                string.Create(CultureInfo.InvariantCulture, $"{voters} voting members survive the loss of {(voters - 1) / 2}, as {voters - 1} would"),
                "Add or remove one: an odd number is better.");
        }
    }

    private static bool HasSeveral<TKey>(IGrouping<TKey, Member> group) => group.Skip(1).Any();
}
