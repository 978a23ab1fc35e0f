using System.Globalization;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Output;

/// <summary>Header and rows of the replies that the simple and the table format show in columns.</summary>
/// <param name="Header">Column titles, in capitals.</param>
/// <param name="Rows">Cells.</param>
internal sealed record ReplyTable(string[] Header, List<string[]> Rows)
{
    private static readonly string[] MemberColumns = ["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"];
    private static readonly string[] HealthColumns = ["ENDPOINT", "HEALTH", "TOOK", "ERROR"];
    private static readonly string[] HashColumns = ["ENDPOINT", "HASH"];

    private static readonly string[] StatusColumns =
    [
        "ENDPOINT", "ID", "VERSION", "DB SIZE", "IS LEADER", "IS LEARNER", "RAFT TERM", "RAFT INDEX", "RAFT APPLIED INDEX", "ERRORS",
    ];

    public static ReplyTable OfMembers(MemberListResponse reply)
    {
        ReplyTable table = new(MemberColumns, []);
        foreach (Member member in reply.Members)
        {
            table.Rows.Add(
            [
                GoNumber.Hex(member.ID),
                member.Name.Length == 0 ? "unstarted" : "started",
                member.Name,
                string.Join(",", member.PeerURLs),
                string.Join(",", member.ClientURLs),
                Truth(member.IsLearner),
            ]);
        }

        return table;
    }

    public static ReplyTable OfStatus(IReadOnlyList<EndpointReply<StatusResponse>> endpoints)
    {
        ReplyTable table = new(StatusColumns, []);
        foreach ((string endpoint, StatusResponse status) in endpoints)
        {
            ulong member = status.Header?.MemberId ?? 0;
            table.Rows.Add(
            [
                endpoint,
                GoNumber.Hex(member),
                status.Version,
                GoText.Size((ulong)status.DbSize),
                Truth(status.Leader == member),
                Truth(status.IsLearner),
                status.RaftTerm.ToString(CultureInfo.InvariantCulture),
                status.RaftIndex.ToString(CultureInfo.InvariantCulture),
                status.RaftAppliedIndex.ToString(CultureInfo.InvariantCulture),
                string.Join(", ", status.Errors),
            ]);
        }

        return table;
    }

    public static ReplyTable OfHashes(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints)
    {
        ReplyTable table = new(HashColumns, []);
        foreach ((string endpoint, HashKVResponse hash) in endpoints)
        {
            table.Rows.Add([endpoint, hash.Hash.ToString(CultureInfo.InvariantCulture)]);
        }

        return table;
    }

    public static ReplyTable OfHealth(IReadOnlyList<EndpointHealth> endpoints)
    {
        ReplyTable table = new(HealthColumns, []);
        foreach (EndpointHealth endpoint in endpoints)
        {
            table.Rows.Add(
                [endpoint.Endpoint, Truth(endpoint.IsHealthy), GoDuration.Format(endpoint.Took), endpoint.Error]);
        }

        return table;
    }

    private static string Truth(bool value) => value ? "true" : "false";
}
