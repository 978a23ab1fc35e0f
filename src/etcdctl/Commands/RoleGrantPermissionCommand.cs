using Etcd.Protocol.Auth;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Google.Protobuf;

namespace Etcdctl.Commands;

/// <summary>Permits a role something.</summary>
internal static class RoleGrantPermissionCommand
{
    public static Command Create() =>
        new("grant-permission [options] <role name> <permission type> <key> [endkey]", "Grants a key to a role")
        {
            Flags =
            [
                new("from-key", FlagKind.Switch, "false",
                    "grant a permission of keys that are greater than or equal to the given key using byte compare"),
                new("prefix", FlagKind.Switch, "false", "grant a prefix permission"),
            ],
            Run = RunAsync,
        };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count < 3)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "role grant command requires role name, permission type, and key [endkey] as its argument");
        }

        string role = context.Arguments[0];
        Permission.Types.Type kind = Kind(context.Arguments[1]);
        (byte[] key, byte[] rangeEnd) = PermissionRange.Read(context.Flags, [.. context.Arguments.Skip(2)]);
        var permission = new Permission
        {
            PermType = kind,
            Key = UnsafeByteOperations.UnsafeWrap(key),
            RangeEnd = UnsafeByteOperations.UnsafeWrap(rangeEnd),
        };
        Session session = Session.Open(context);
        session.Printer.RoleGrantPermission(
            role, await Call.RunAsync(session.Client.Auth.GrantPermissionAsync(role, permission)));
    }

    private static Permission.Types.Type Kind(string text) => text.ToUpperInvariant() switch
    {
        "READ" => Permission.Types.Type.Read,
        "WRITE" => Permission.Types.Type.Write,
        "READWRITE" => Permission.Types.Type.Readwrite,
        _ => throw CommandFailedException.Because(ExitCode.BadArguments, "invalid permission type: " + text),
    };
}
