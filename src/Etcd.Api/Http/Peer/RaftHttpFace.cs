using System.Net;

using Etcd.Peer;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etcd.Api.Http.Peer;

/// <summary>The <c>/raft</c> paths of the peer port, through which other members send to this one and read from it.</summary>
public sealed class RaftHttpFace
{
    private readonly RaftPostEndpoint _post;
    private readonly RaftStreamEndpoint _stream;
    private readonly RaftSnapshotEndpoint _snapshot;
    private readonly ProbingEndpoint _probing;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="transport">What the member sends and receives by.</param>
    /// <param name="time">The clock that probes are told.</param>
    public RaftHttpFace(HttpPeerTransport transport, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(time);
        _post = new RaftPostEndpoint(transport);
        _stream = new RaftStreamEndpoint(transport);
        _snapshot = new RaftSnapshotEndpoint(transport);
        _probing = new ProbingEndpoint(time);
    }

    /// <summary>Whether the path is one of these.</summary>
    public static bool Serves(PathString path) =>
        path.Value is { } text && (text == "/raft" || text.StartsWith("/raft/", StringComparison.Ordinal));

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string path = context.Request.Path.Value ?? "";
        return path switch
        {
            "/raft" => _post.HandleAsync(context),
            "/raft/snapshot" => _snapshot.HandleAsync(context),
            "/raft/probing" => _probing.HandleAsync(context),
            _ when path.StartsWith(RaftStreamEndpoint.PathPrefix, StringComparison.Ordinal) => _stream.HandleAsync(context, path),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }

    /// <summary>What the request's head says about its sender.</summary>
    internal static PeerRequestHead HeadOf(HttpRequest request) => new(
        request.Headers[PeerHeaders.From],
        request.Headers[PeerHeaders.Version],
        request.Headers[PeerHeaders.ClusterVersionMin],
        request.Headers[PeerHeaders.ClusterId],
        request.Headers[PeerHeaders.PeerUrls]);

    /// <summary>Where the request comes from; <see langword="null"/> when the connection has no address.</summary>
    internal static IPEndPoint? RemoteOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;

    /// <summary>Lifts the server's bound on the size of this request's body: raft messages and snapshots have their own.</summary>
    internal static void LiftBodyLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }
}
