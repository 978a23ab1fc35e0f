using System.Buffers;
using System.Globalization;
using System.Text.Json;

using Etcd.Api.Http.Peer;
using Etcd.Server;
using Etcd.Server.Membership;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http;

/// <summary>The HTTP paths of the peer port that a member without peers answers: its version and the member list.</summary>
public sealed class PeerHttpFace
{
    private readonly EtcdServer _server;
    private readonly VersionEndpoint _version;
    private readonly RaftHttpFace? _raft;

    /// <summary>Creates the face of a member.</summary>
    /// <param name="server">The member.</param>
    /// <param name="raft">The <c>/raft</c> paths; <see langword="null"/> where there are no peers.</param>
    public PeerHttpFace(EtcdServer server, RaftHttpFace? raft = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
        _raft = raft;
        _version = new VersionEndpoint(server);
    }

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_raft is not null && RaftHttpFace.Serves(context.Request.Path))
        {
            return _raft.HandleAsync(context);
        }

        return context.Request.Path.Value switch
        {
            "/version" => _version.HandleAsync(context),
            "/members" => MembersAsync(context),
            _ => PlainReplies.NotFoundAsync(context),
        };
    }

    private Task MembersAsync(HttpContext context)
    {
        if (!PlainReplies.IsGet(context))
        {
            return PlainReplies.MethodNotAllowedAsync(context);
        }

        ClusterView view = _server.Cluster.View;
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartArray();
            foreach (Member member in view.Members)
            {
                Write(writer, member);
            }

            writer.WriteEndArray();
        }

        body.Write("\n"u8);
        context.Response.Headers["X-Etcd-Cluster-Id"] = view.ClusterId.ToString("x", CultureInfo.InvariantCulture);
        return PlainReplies.JsonAsync(context, StatusCodes.Status200OK, body.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter writer, Member member)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, member.Id);
        WriteList(writer, "peerURLs"u8, member.PeerUrls);
        if (member.IsLearner)
        {
            writer.WriteBoolean("isLearner"u8, true);
        }

        if (member.HasStarted)
        {
            writer.WriteString("name"u8, member.Name);
            WriteList(writer, "clientURLs"u8, member.ClientUrls);
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
