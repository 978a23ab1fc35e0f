using System.Buffers;

using Etcd.Server;
using Etcd.Server.Membership;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary><c>/v2/members</c>: who belongs to the cluster.</summary>
internal sealed class MembersEndpoint(EtcdServer server)
{
    internal const string Path = "/v2/members";

    private const string Methods = "GET,POST,DELETE,PUT";

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="rest">What follows <c>/v2/members/</c> in its path.</param>
    internal async Task HandleAsync(HttpContext context, string rest)
    {
        if (!await V2Replies.AllowAsync(context, Methods).ConfigureAwait(false))
        {
            return;
        }

        V2Replies.AddClusterId(context, server);
        await (context.Request.Method switch
        {
            "GET" => GetAsync(context, rest),
            _ => V2Replies.MethodNotAllowedAsync(context),
        }).ConfigureAwait(false);
    }

    private Task GetAsync(HttpContext context, string rest)
    {
        ClusterView view = server.Cluster.View;
        switch (rest)
        {
            case "":
                return ReplyAsync(context, StatusCodes.Status200OK, output => WriteList(output, view.Members));
            case "leader" when server.Statistics.Leadership.View.Leader is var leader:
                return view.Find(leader) is { } member
                    ? ReplyAsync(context, StatusCodes.Status200OK, output => Write(output, member))
                    : MessageAsync(context, StatusCodes.Status503ServiceUnavailable, "During election");
            default:
                return MessageAsync(context, StatusCodes.Status404NotFound, "Not found");
        }
    }

    /// <summary>Answers with a message, as this endpoint tells what went wrong.</summary>
    internal static Task MessageAsync(HttpContext context, int status, string message)
    {
        var body = new ArrayBufferWriter<byte>();
        JsonText.WriteRaw(body, "{\"message\":"u8);
        JsonText.WriteString(body, message);
        JsonText.WriteRaw(body, "}"u8);
        return V2Replies.JsonAsync(context, status, body.WrittenMemory);
    }

    private static Task ReplyAsync(HttpContext context, int status, Action<IBufferWriter<byte>> write)
    {
        var body = new ArrayBufferWriter<byte>();
        write(body);
        JsonText.WriteRaw(body, "\n"u8);
        return V2Replies.JsonAsync(context, status, body.WrittenMemory);
    }

    private static void WriteList(IBufferWriter<byte> output, IReadOnlyList<Member> members)
    {
        JsonText.WriteRaw(output, "{\"members\":["u8);
        for (int i = 0; i < members.Count; i++)
        {
            JsonText.WriteRaw(output, i == 0 ? ""u8 : ","u8);
            Write(output, members[i]);
        }

        JsonText.WriteRaw(output, "]}"u8);
    }

    private static void Write(IBufferWriter<byte> output, Member member)
    {
        JsonText.WriteRaw(output, "{\"id\":"u8);
        JsonText.WriteString(output, Member.FormatId(member.Id));
        JsonText.WriteRaw(output, ",\"name\":"u8);
        JsonText.WriteString(output, member.Name);
        JsonText.WriteRaw(output, ",\"peerURLs\":"u8);
        Write(output, member.PeerUrls);
        JsonText.WriteRaw(output, ",\"clientURLs\":"u8);
        Write(output, member.ClientUrls);
        JsonText.WriteRaw(output, "}"u8);
    }

    private static void Write(IBufferWriter<byte> output, IReadOnlyList<string> urls)
    {
        JsonText.WriteRaw(output, "["u8);
        for (int i = 0; i < urls.Count; i++)
        {
            JsonText.WriteRaw(output, i == 0 ? ""u8 : ","u8);
            JsonText.WriteString(output, urls[i]);
        }

        JsonText.WriteRaw(output, "]"u8);
    }
}
