using Etcdctl.CommandLine;
using Etcdctl.Output;
using Etcdctl.Text;

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
        return colon < 0 ? (user, Ask(context.Terminal)) : (user[..colon], user[(colon + 1)..]);
    }

    private static string Ask(Terminal terminal)
    {
        terminal.Output.Write("Password: ");
        terminal.Flush();
        string password = Console.IsInputRedirected ? new InputLines(terminal.Input).Next() ?? "" : AskSilently();
        terminal.Output.WriteLine();
        return password;
    }

    private static string AskSilently()
    {
        List<char> typed = [];
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace)
            {
                typed.Add(key.KeyChar);
            }
            else if (typed.Count > 0)
            {
                typed.RemoveAt(typed.Count - 1);
            }
        }

        return new string([.. typed]);
    }
}
