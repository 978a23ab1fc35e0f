using Etcd.Grpc;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Services.Coordination;

/// <summary>The refusals of locks and elections, in etcd's words.</summary>
/// <remarks>etcd serves both through a client of its own, which drops the status code of what it is told: every refusal has the code Unknown, and clients
/// tell them apart by their texts.</remarks>
internal static class CoordinationErrors
{
    internal static RpcException LockSessionExpired() => New("mutex: session is expired");

    internal static RpcException CandidateSessionExpired() => New("election: session is expired");

    internal static RpcException NotLeader() => New("election: not leader");

    internal static RpcException NoLeader() => New("election: no leader");

    internal static RpcException LeaderMissing() => New("\"leader\" field must be provided");

    internal static RpcException From(EtcdException refusal) => new(RpcStatusCode.Unknown, refusal.Description.Text, inner: refusal);

    private static RpcException New(string text) => new(RpcStatusCode.Unknown, text);
}
