using Etcdctl.CommandLine;

namespace Etcdctl.Connection;

/// <summary>User and password from <c>--user name[:password]</c> and <c>--password</c>, or from the keyboard.</summary>
internal static class UserCredentials
{
    public static (string? User, string? Password) Read(CommandContext context)
    {
        string user = context.Flags["user"].Value;
        if (user.Length == 0)
        {
            return (null, null);
        }

        string password = context.Flags["password"].Value;
        if (password.Length > 0)
        {
            return (user, password);
        }

        int colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (user, PasswordPrompt.Ask(context.Terminal, "Password: ")) : (user[..colon], user[(colon + 1)..]);
    }
}
