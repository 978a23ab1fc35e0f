using Etcdctl.CommandLine;

namespace Etcdctl.Connection;

/// <summary>User and password from <c>--user name[:password]</c> and <c>--password</c>, or from the keyboard.</summary>
internal static class UserCredentials
{
    /// <param name="context">The command.</param>
    /// <param name="prefix">What the names of the flags begin with, for another cluster than the usual one.</param>
    /// <param name="prompt">What to ask with.</param>
    public static (string? User, string? Password) Read(CommandContext context, string prefix = "", string prompt = "Password: ")
    {
        string user = context.Flags[prefix + "user"].Value;
        if (user.Length == 0)
        {
            return (null, null);
        }

        string password = context.Flags[prefix + "password"].Value;
        if (password.Length > 0)
        {
            return (user, password);
        }

        int colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (user, PasswordPrompt.Ask(context.Terminal, prompt)) : (user[..colon], user[(colon + 1)..]);
    }
}
