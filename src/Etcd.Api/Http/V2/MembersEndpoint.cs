using System.Buffers;
using System.Globalization;

using Etcd.Api.Http.V2.Access;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Membership;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

using Member = Etcd.Server.Membership.Member;

namespace Etcd.Api.Http.V2;

/// <summary><c>/v2/members</c>: who belongs to the cluster, and changes of it.</summary>
internal sealed class MembersEndpoint(EtcdServer server, V2Gatekeeper gatekeeper)
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

        if (!HttpMethods.IsGet(context.Request.Method) && !await gatekeeper.AllowRootAsync(context).ConfigureAwait(false))
        {
            return;
        }

        V2Replies.AddClusterId(context, server);
        await (context.Request.Method switch
        {
            "GET" => GetAsync(context, rest),
            "POST" => AddAsync(context),
            _ when rest.Length == 0 => V2Replies.MethodNotAllowedAsync(context),
            "DELETE" => RemoveAsync(context, rest),
            _ => UpdateAsync(context, rest),
        }).ConfigureAwait(false);
    }

    private async Task AddAsync(HttpContext context)
    {
        PeerUrlsForm form = await PeerUrlsForm.ReadAsync(context).ConfigureAwait(false);
        if (form.Error is { } error)
        {
            await MessageAsync(context, form.Status, error).ConfigureAwait(false);
            return;
        }

        try
        {
            MemberAddResponse added = await server.Cluster.AddAsync(
                new MemberAddRequest { PeerURLs = { form.PeerUrls } }, context.RequestAborted).ConfigureAwait(false);
            var member = new Member(added.Member.ID, [.. added.Member.PeerURLs], IsLearner: false, added.Member.Name, [.. added.Member.ClientURLs]);
            await ReplyAsync(context, StatusCodes.Status201Created, output => Write(output, member)).ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            await RefuseAsync(context, refusal, string.Empty).ConfigureAwait(false);
        }
    }

    private Task RemoveAsync(HttpContext context, string idText) => ChangeAsync(context, idText, async id =>
        await server.Cluster.RemoveAsync(new MemberRemoveRequest { ID = id }, context.RequestAborted).ConfigureAwait(false));

    private async Task UpdateAsync(HttpContext context, string idText)
    {
        PeerUrlsForm form = await PeerUrlsForm.ReadAsync(context).ConfigureAwait(false);
        if (form.Error is { } error && TryReadId(idText, out _))
        {
            await MessageAsync(context, form.Status, error).ConfigureAwait(false);
            return;
        }

        await ChangeAsync(context, idText, async id => await server.Cluster.UpdateAsync(
            new MemberUpdateRequest { ID = id, PeerURLs = { form.PeerUrls } }, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task ChangeAsync(HttpContext context, string idText, Func<ulong, Task> change)
    {
        if (!TryReadId(idText, out ulong id))
        {
            await MessageAsync(context, StatusCodes.Status404NotFound, $"No such member: {idText}").ConfigureAwait(false);
            return;
        }

        try
        {
            if (server.Cluster.View.IsRemoved(id))
            {
                throw new EtcdException(EtcdErrorCode.MemberRemoved);
            }

            await change(id).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (EtcdException refusal)
        {
            await RefuseAsync(context, refusal, idText).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpContext context, EtcdException refusal, string idText)
    {
        (int status, string message) = refusal.Code switch
        {
            EtcdErrorCode.MemberExists => (StatusCodes.Status409Conflict, "membership: ID exists"),
            EtcdErrorCode.PeerUrlExists => (StatusCodes.Status409Conflict, "membership: peerURL exists"),
            EtcdErrorCode.MemberNotFound => (StatusCodes.Status404NotFound, $"No such member: {idText}"),
            EtcdErrorCode.MemberRemoved => (StatusCodes.Status410Gone, $"Member permanently removed: {idText}"),
            _ => (StatusCodes.Status500InternalServerError, "Internal Server Error"),
        };
        return MessageAsync(context, status, message);
    }

    private static bool TryReadId(string text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);

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
