using Etcd.Api.Http.Peer;
using Etcd.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The HTTP paths of the peer port.</summary>
public sealed class PeerHttpFace
{
    private readonly VersionEndpoint _version;
    private readonly MembersEndpoint _members;
    private readonly PromoteEndpoint _promote;
    private readonly HashEndpoint _hash;
    private readonly LeaseEndpoint _leases;
    private readonly DowngradeEndpoint _downgrade;
    private readonly RaftHttpFace? _raft;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="raft">The <c>/raft</c> paths; <see langword="null"/> where there are no peers.</param>
    public PeerHttpFace(EtcdServer server, RaftHttpFace? raft = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        _raft = raft;
        _version = new VersionEndpoint(server);
        _members = new MembersEndpoint(server);
        _promote = new PromoteEndpoint(server);
        _hash = new HashEndpoint(server);
        _leases = new LeaseEndpoint(server.Leases);
        _downgrade = new DowngradeEndpoint(server);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_raft is not null && RaftHttpFace.Serves(context.Request.Path))
        {
            return _raft.HandleAsync(context);
        }

        string path = context.Request.Path.Value ?? string.Empty;
        return path switch
        {
            "/version" => _version.HandleAsync(context),
            "/members" => _members.HandleAsync(context),
            "/members/hashkv" => _hash.HandleAsync(context),
            "/leases" => _leases.RenewAsync(context),
            "/leases/internal" => _leases.TimeToLiveAsync(context),
            "/downgrade/enabled" => _downgrade.HandleAsync(context),
            _ when path.StartsWith(PromoteEndpoint.PathPrefix, StringComparison.Ordinal) => _promote.HandleAsync(context, path),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }
}
