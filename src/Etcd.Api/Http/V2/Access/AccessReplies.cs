using System.Buffers;

using Etcd.Server.V2Access;
using Etcd.V2.Dump;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary>Users and roles as replies show them. Passwords never leave.</summary>
internal static class AccessReplies
{
    internal static Task SendAsync(HttpContext context, int status, Action<IBufferWriter<byte>> write)
    {
        var body = new ArrayBufferWriter<byte>();
        write(body);
        JsonText.WriteRaw(body, "\n"u8);
        return V2Replies.JsonAsync(context, status, body.WrittenMemory);
    }

    /// <summary>A user with the names of its roles.</summary>
    internal static void Write(IBufferWriter<byte> output, V2User user)
    {
        JsonText.WriteRaw(output, "{\"user\":"u8);
        JsonText.WriteString(output, user.Name);
        JsonText.WriteRaw(output, ",\"roles\":"u8);
        WriteNames(output, user.Roles);
        JsonText.WriteRaw(output, "}"u8);
    }

    /// <summary>A user with what its roles open.</summary>
    internal static void Write(IBufferWriter<byte> output, string user, IReadOnlyList<V2Role> roles)
    {
        JsonText.WriteRaw(output, "{\"user\":"u8);
        JsonText.WriteString(output, user);
        if (roles.Count > 0)
        {
            JsonText.WriteRaw(output, ",\"roles\":"u8);
            WriteList(output, roles, Write);
        }

        JsonText.WriteRaw(output, "}"u8);
    }

    internal static void Write(IBufferWriter<byte> output, V2Role role)
    {
        JsonText.WriteRaw(output, "{\"role\":"u8);
        JsonText.WriteString(output, role.Name);
        JsonText.WriteRaw(output, ",\"permissions\":{\"kv\":{\"read\":"u8);
        WriteNames(output, role.Keys.Read);
        JsonText.WriteRaw(output, ",\"write\":"u8);
        WriteNames(output, role.Keys.Write);
        JsonText.WriteRaw(output, "}}}"u8);
    }

    internal static void WriteList<T>(IBufferWriter<byte> output, IReadOnlyList<T> items, Action<IBufferWriter<byte>, T> write)
    {
        JsonText.WriteRaw(output, "["u8);
        for (int i = 0; i < items.Count; i++)
        {
            JsonText.WriteRaw(output, i == 0 ? ""u8 : ","u8);
            write(output, items[i]);
        }

        JsonText.WriteRaw(output, "]"u8);
    }

    private static void WriteNames(IBufferWriter<byte> output, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            JsonText.WriteRaw(output, "null"u8);
        }
        else
        {
            WriteList(output, names, (item, name) => JsonText.WriteString(item, name));
        }
    }
}
