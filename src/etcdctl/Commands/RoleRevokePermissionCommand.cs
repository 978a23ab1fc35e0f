using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Takes a permission from a role.</summary>
internal static class RoleRevokePermissionCommand
{
    public static Command Create() => new("revoke-permission <role name> <key> [endkey]", "Revokes a key from a role")
    {
        Flags =
        [
            new("from-key", FlagKind.Switch, "false",
                "revoke a permission of keys that are greater than or equal to the given key using byte compare"),
            new("prefix", FlagKind.Switch, "false", "revoke a prefix permission"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count < 2)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "role revoke-permission command requires role name and key [endkey] as its argument");
        }

        string role = context.Arguments[0];
        (byte[] key, byte[] rangeEnd) = PermissionRange.Read(context.Flags, [.. context.Arguments.Skip(1)]);
        Session session = Session.Open(context);
        session.Printer.RoleRevokePermission(
            role,
            context.Arguments[1],
            rangeEnd,
            await Call.RunAsync(session.Client.Auth.RevokePermissionAsync(role, key, rangeEnd)));
    }
}
