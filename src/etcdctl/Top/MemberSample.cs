using Etcd.Protocol.Rpc;
using Etcdctl.Metrics;

namespace Etcdctl.Top;

/// <summary>One member at one moment.</summary>
/// <param name="Endpoint">Where it was asked.</param>
/// <param name="Member">Its entry in the list of members; <see langword="null"/> when the list has none with this endpoint.</param>
/// <param name="Status">Its answer; <see langword="null"/> when it gave none.</param>
/// <param name="Latency">How long the answer took.</param>
/// <param name="Metrics">Its metrics; <see langword="null"/> when they are not to be had there.</param>
internal sealed record MemberSample(string Endpoint, Member? Member, StatusResponse? Status, TimeSpan Latency, MetricsText? Metrics)
{
    public string Name => Member is { Name.Length: > 0 } ? Member.Name : Endpoint;

    public string Role => Status switch
    {
        null => "down",
        { IsLearner: true } => "learner",
        _ when Status.Leader == 0 => "no leader",
        _ when Status.Leader == Status.Header.MemberId => "leader",
        _ => "follower",
    };
}
