using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Diagnosis;

/// <summary>Do the members answer, and are they of one cluster?</summary>
internal static class ReachabilityRules
{
    public static IEnumerable<Finding> Check(ClusterView view)
    {
        EndpointView[] silent = [.. view.Endpoints.Where(endpoint => endpoint.Status is null)];
        foreach (EndpointView endpoint in silent)
        {
            // An error of etcd's own is an answer.
            yield return endpoint.Error.StartsWith("etcdserver: ", StringComparison.Ordinal)
                ? Finding.Problem("reachability", $"{endpoint.Endpoint} refuses to tell its status: {endpoint.Error}", "Give --user, of a user with role root.")
                : Finding.Problem(
                    "reachability",
                    $"{endpoint.Endpoint} does not answer: {endpoint.Error}",
                    "Look whether the member runs (its log, systemctl status etcd), whether a firewall lies between, and whether the address it advertises can be reached from here.");
        }

        if (silent.Length == 0)
        {
            yield return Finding.Good("reachability", $"{view.Endpoints.Count} of {view.Endpoints.Count} endpoints answer");
        }

        foreach ((EndpointView endpoint, StatusResponse status) in view.Answers)
        {
            foreach (string error in status.Errors)
            {
                yield return Finding.Problem("member", $"{view.NameOf(status.Header.MemberId)} at {endpoint.Endpoint} reports: {error}", "Look into its log.");
            }
        }

        string[] clusters = [.. view.Answers.Select(answer => GoNumber.Hex(answer.Status.Header.ClusterId)).Distinct()];
        if (clusters.Length > 1)
        {
            yield return Finding.Problem(
                "cluster",
                $"the endpoints belong to {clusters.Length} clusters: {string.Join(", ", clusters)}",
                "Give the endpoints of one cluster. A member that was started anew with another token or list of members has become a cluster of its own.");
        }
    }
}
