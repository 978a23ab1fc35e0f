using Etcd.Server.V2Access;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary><c>/v2/auth/users</c>.</summary>
internal sealed class V2UsersEndpoint(V2AccessOperations access)
{
    /// <summary>All users with what their roles open; roles that are gone are passed over.</summary>
    internal Task ListAsync(HttpContext context)
    {
        V2User[] users = [.. access.UserNames.Select(access.FindUser).OfType<V2User>()];
        return AccessReplies.SendAsync(context, StatusCodes.Status200OK, output =>
        {
            JsonText.WriteRaw(output, "{\"users\":"u8);
            if (users.Length == 0)
            {
                JsonText.WriteRaw(output, "null"u8);
            }
            else
            {
                AccessReplies.WriteList(output, users, (item, user) =>
                    AccessReplies.Write(item, user.Name, [.. (user.Roles ?? []).Select(access.FindRole).OfType<V2Role>()]));
            }

            JsonText.WriteRaw(output, "}"u8);
        });
    }

    /// <summary>Shows, changes or deletes one user.</summary>
    internal Task HandleAsync(HttpContext context, string name)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            V2User user = access.User(name);
            V2Role[] roles = [.. (user.Roles ?? []).Select(access.Role)];
            return AccessReplies.SendAsync(context, StatusCodes.Status200OK, output => AccessReplies.Write(output, user.Name, roles));
        }

        return HttpMethods.IsPut(context.Request.Method) ? PutAsync(context, name) : DeleteAsync(context, name);
    }

    private async Task PutAsync(HttpContext context, string name)
    {
        if (await AccessForm.ReadAsync(context).ConfigureAwait(false) is not { } form)
        {
            return;
        }

        var change = new V2UserChange(form.Text("user"), form.Text("password"), form.Names("roles"), form.Names("grant"), form.Names("revoke"));
        string? mistake = change.Name != name ? "User JSON name does not match the name in the URL"
            : change.Roles.Count > 0 && change.Grant.Count + change.Revoke.Count > 0 ? "User JSON contains both roles and grant/revoke"
            : null;
        if (mistake is not null)
        {
            await MembersEndpoint.MessageAsync(context, StatusCodes.Status400BadRequest, mistake).ConfigureAwait(false);
            return;
        }

        (V2User user, bool isNew) = await access.PutUserAsync(change, context.RequestAborted).ConfigureAwait(false);
        int status = isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await AccessReplies.SendAsync(context, status, output => AccessReplies.Write(output, user)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext context, string name)
    {
        await access.DeleteUserAsync(name).ConfigureAwait(false);
        await V2Replies.JsonAsync(context, StatusCodes.Status200OK, default).ConfigureAwait(false);
    }
}
