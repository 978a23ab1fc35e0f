using Etcdctl.Output;

namespace Etcdctl.Connection;

/// <summary>Asks for passwords without showing them.</summary>
internal static class PasswordPrompt
{
    /// <summary>Asks once.</summary>
    public static string Ask(Terminal terminal, string prompt)
    {
        terminal.Output.Write(prompt);
        terminal.Flush();
        string password = Console.IsInputRedirected ? terminal.Lines.NextOrRest() ?? "" : AskSilently();
        terminal.Output.WriteLine();
        return password;
    }

    /// <summary>Asks for the new password of a user, twice.</summary>
    /// <exception cref="CommandFailedException">It is empty, or the two differ.</exception>
    public static string AskNew(Terminal terminal, string user)
    {
        string first = Ask(terminal, $"Password of {user}: ");
        if (first.Length == 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "empty password");
        }

        return Ask(terminal, $"Type password of {user} again for confirmation: ") == first
            ? first
            : throw CommandFailedException.Because(ExitCode.BadArguments, "given passwords are different");
    }

    /// <summary>Takes the first word of standard input, for scripts.</summary>
    public static string Word(Terminal terminal) =>
        terminal.Lines.NextOrRest()?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";

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
