using Etcd.Api.Metrics;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;
using Etcd.Server;

namespace Etcd.Api;

/// <summary>Which calls a member answers at all: a learner serves few, and a client may ask to be served only beside a leader.</summary>
/// <param name="server">The member.</param>
/// <param name="versions">Counts the calls by what the client says it is; <see langword="null"/>: nobody does.</param>
public sealed class CallAdmission(EtcdServer server, ClientVersions? versions = null)
{
    private const string ClientVersionKey = "client-api-version";
    private const string LeaderRequiredKey = "hasleader";
    private const string LeaderRequired = "true";

    /// <summary>Whether the client asked to be told when the cluster has no leader.</summary>
    internal static bool RequiresLeader(RpcServerCall call) => call.RequestHeader(LeaderRequiredKey) == LeaderRequired;

    /// <summary>Looks at a call before its handler; see <see cref="RpcServerOptions.Admit"/>.</summary>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    public RpcException? Admit(RpcServerCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (server.IsLearner && !IsServedByLearners(call))
        {
            return ErrorTranslation.ToStatus(EtcdErrorCode.NotSupportedForLearner);
        }

        versions?.Count(call.RequestHeader(ClientVersionKey), call.Descriptor.Kind != RpcMethodKind.Unary);
        return !server.HasLeader && RequiresLeader(call) ? ErrorTranslation.ToStatus(EtcdErrorCode.NoLeader) : null;
    }

    // Of ranges only the serializable ones, which the service of keys tells apart.
    private static bool IsServedByLearners(RpcServerCall call) => call.Service switch
    {
        ServiceNames.KeyValue => call.Method is "Range" or "RangeStream",
        ServiceNames.Maintenance => call.Method is "Status" or "Snapshot",
        _ => false,
    };
}
