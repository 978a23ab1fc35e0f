using Etcd.Server.V2Access;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary><c>/v2/auth/roles</c>.</summary>
internal sealed class V2RolesEndpoint(V2AccessOperations access)
{
    /// <summary>All roles.</summary>
    internal Task ListAsync(HttpContext context)
    {
        V2Role[] roles = [.. access.RoleNames.Select(access.FindRole).OfType<V2Role>()];
        return AccessReplies.SendAsync(context, StatusCodes.Status200OK, output =>
        {
            JsonText.WriteRaw(output, "{\"roles\":"u8);
            AccessReplies.WriteList(output, roles, AccessReplies.Write);
            JsonText.WriteRaw(output, "}"u8);
        });
    }

    /// <summary>Shows, changes or deletes one role.</summary>
    internal Task HandleAsync(HttpContext context, string name)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            V2Role role = access.Role(name);
            return AccessReplies.SendAsync(context, StatusCodes.Status200OK, output => AccessReplies.Write(output, role));
        }

        return HttpMethods.IsPut(context.Request.Method) ? PutAsync(context, name) : DeleteAsync(context, name);
    }

    private async Task PutAsync(HttpContext context, string name)
    {
        if (await AccessForm.ReadAsync(context).ConfigureAwait(false) is not { } form)
        {
            return;
        }

        V2Permissions all = form.Permissions("permissions");
        V2Permissions grant = form.Permissions("grant");
        V2Permissions revoke = form.Permissions("revoke");
        bool isNew = grant.IsEmpty && revoke.IsEmpty;
        string? mistake = form.Text("role") != name ? "Role JSON name does not match the name in the URL"
            : !isNew && !all.IsEmpty ? "Role JSON contains both permissions and grant/revoke"
            : null;
        if (mistake is not null)
        {
            await MembersEndpoint.MessageAsync(context, StatusCodes.Status400BadRequest, mistake).ConfigureAwait(false);
            return;
        }

        var role = new V2Role(name, all);
        if (isNew)
        {
            await access.CreateRoleAsync(role).ConfigureAwait(false);
        }
        else
        {
            role = await access.UpdateRoleAsync(name, grant, revoke).ConfigureAwait(false);
        }

        int status = isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await AccessReplies.SendAsync(context, status, output => AccessReplies.Write(output, role)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext context, string name)
    {
        await access.DeleteRoleAsync(name).ConfigureAwait(false);
        await V2Replies.JsonAsync(context, StatusCodes.Status200OK, default).ConfigureAwait(false);
    }
}
