using Etcd.Auth;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;

namespace Etcd.Api;

/// <summary>The one place where the server's refusals become gRPC statuses.</summary>
public static class ErrorTranslation
{
    /// <summary>Status and text of a refusal, as etcd's clients match on them.</summary>
    /// <param name="call">The call that failed.</param>
    /// <param name="failure">What its handler threw.</param>
    /// <returns><see langword="null"/> for what is no refusal of the server.</returns>
    public static RpcException? ToStatus(RpcServerCall call, Exception failure) =>
        failure switch
        {
            EtcdException refusal =>
                new RpcException((RpcStatusCode)refusal.Description.GrpcStatus, refusal.Message, inner: failure),

            // etcd has no status of its own for it.
            TokenSigningException => new RpcException(RpcStatusCode.Unknown, failure.Message, inner: failure),
            _ => null,
        };

    /// <summary>Status and text of a refusal that nothing was thrown for.</summary>
    internal static RpcException ToStatus(EtcdErrorCode code)
    {
        ErrorDescription description = ErrorCatalogue.Describe(code);
        return new RpcException((RpcStatusCode)description.GrpcStatus, description.Text);
    }
}
