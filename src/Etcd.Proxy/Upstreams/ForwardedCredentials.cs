using Etcd.Grpc;
using Etcd.Grpc.Server;

namespace Etcd.Proxy.Upstreams;

/// <summary>What a client sends beside its request and the cluster must see: its token, and whether it asks for a leader.</summary>
/// <param name="Token">The token under the name that gRPC clients use.</param>
/// <param name="Authorization">The token under the name that HTTP clients use.</param>
/// <param name="RequireLeader">Whether the call is to fail while the member has no leader.</param>
internal readonly record struct ForwardedCredentials(string? Token, string? Authorization, bool RequireLeader)
{
    private const string TokenName = "token";
    private const string AuthorizationName = "authorization";
    private const string LeaderName = "hasleader";

    /// <summary>Nobody in particular: the proxy itself.</summary>
    internal static ForwardedCredentials None => default;

    /// <summary>Whether there is no token: whose call it is nobody knows.</summary>
    internal bool AreAnonymous => Token is null && Authorization is null;

    /// <summary>What a call carries.</summary>
    internal static ForwardedCredentials Of(RpcServerCall call) =>
        new(call.RequestHeader(TokenName), call.RequestHeader(AuthorizationName), call.RequestHeader(LeaderName) == "true");

    /// <summary>The same as metadata.</summary>
    internal RpcCallOptions? Options()
    {
        if (this == None)
        {
            return null;
        }

        var metadata = new RpcMetadata();
        if (Token is not null)
        {
            metadata.Add(TokenName, Token);
        }

        if (Authorization is not null)
        {
            metadata.Add(AuthorizationName, Authorization);
        }

        if (RequireLeader)
        {
            metadata.Add(LeaderName, "true");
        }

        return new RpcCallOptions { Metadata = metadata };
    }
}
