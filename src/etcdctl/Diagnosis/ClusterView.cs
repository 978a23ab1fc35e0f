using Etcd.Protocol.Rpc;
using Etcdctl.Text;

namespace Etcdctl.Diagnosis;

/// <summary>What was seen of a cluster at one moment.</summary>
/// <param name="Endpoints">Endpoints that were asked: those given, and those of the members.</param>
/// <param name="Members">The members; empty when nobody could tell.</param>
/// <param name="Alarms">Alarms that are raised.</param>
/// <param name="At">When.</param>
internal sealed record ClusterView(
    IReadOnlyList<EndpointView> Endpoints, IReadOnlyList<Member> Members, IReadOnlyList<AlarmMember> Alarms, DateTimeOffset At)
{
    /// <summary>Endpoints that answered, each member once.</summary>
    public IReadOnlyList<(EndpointView Endpoint, StatusResponse Status)> Answers { get; } =
    [
        .. Endpoints
            .Where(endpoint => endpoint.Status is not null)
            .DistinctBy(endpoint => endpoint.Status!.Header.MemberId)
            .Select(endpoint => (endpoint, endpoint.Status!)),
    ];

    /// <summary>What a member is called in a message.</summary>
    public string NameOf(ulong memberId) => Members.FirstOrDefault(member => member.ID == memberId) is { Name.Length: > 0 } member
        ? $"{member.Name} ({GoNumber.Hex(memberId)})"
        : GoNumber.Hex(memberId);
}
