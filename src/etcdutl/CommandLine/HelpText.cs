namespace Etcdutl.CommandLine;

/// <summary>The usage page of a command.</summary>
internal static class HelpText
{
    private const int NameWidthMin = 11;

    public static void Write(Command command, TextWriter output)
    {
        output.WriteLine("Usage:");
        string before = command.Parent is null ? string.Empty : command.Parent.Path + " ";
        output.WriteLine(command.Children.Count > 0
            ? $"  {command.Path} [command]"
            : $"  {before}{command.Use}{(command.IsHelp || command.HidesFlagsInUse ? string.Empty : " [flags]")}");
        if (command.Children.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Available Commands:");
            int width = Math.Max(NameWidthMin, command.Children.Max(child => child.Name.Length));
            foreach (Command child in command.Children.Where(child => !child.IsHidden))
            {
                output.WriteLine($"  {child.Name.PadRight(width)} {child.Summary}");
            }
        }

        WriteFlags(output, "Flags:", command.OwnFlags);
        WriteFlags(output, "Global Flags:", command.GlobalFlags);
        if (command.Children.Count > 0)
        {
            output.WriteLine();
            output.WriteLine($"Use \"{command.Path} [command] --help\" for more information about a command.");
        }
    }

    private static void WriteFlags(TextWriter output, string title, IReadOnlyList<Flag> all)
    {
        Flag[] flags = [.. all.Where(flag => !flag.IsHidden)];
        if (flags.Length == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine(title);
        int width = flags.Max(flag => flag.Cell.Length);
        foreach (Flag flag in flags)
        {
            output.WriteLine($"{flag.Cell.PadRight(width)}   {flag.Usage}{flag.DefaultInHelp}");
        }
    }
}
