using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>The endpoints that an <c>endpoint</c> command asks one by one.</summary>
internal static class EndpointSelection
{
    public static Flag Flag() =>
        new("cluster", FlagKind.Switch, "false", "use all endpoints from the cluster member list");

    /// <summary>The endpoints given, or with <c>--cluster</c> those of all members.</summary>
    /// <exception cref="CommandFailedException">The member list cannot be had.</exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(Session session, CommandContext context)
    {
        if (!context.Flags["cluster"].IsOn)
        {
            return session.Client.Endpoints;
        }

        MemberListResponse members = await Call.RunAsync(
            session.Client.Cluster.MembersAsync(),
            ExitCode.Error,
            "failed to fetch endpoints from etcd cluster member list: {0}");
        List<string> endpoints = [];
        foreach (Member member in members.Members)
        {
            endpoints.AddRange(member.ClientURLs);
        }

        return endpoints;
    }
}
