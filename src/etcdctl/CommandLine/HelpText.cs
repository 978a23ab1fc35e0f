using Etcdctl.Output;

namespace Etcdctl.CommandLine;

/// <summary>The help page of a command.</summary>
internal sealed class HelpText(Command root, Command command)
{
    private const int TabWidth = 8;

    /// <summary>Writes the page.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="showHelpFlag">The program's own page lists <c>--help</c> only when help was asked for.</param>
    public void WriteTo(OutputWriter output, bool showHelpFlag)
    {
        string title = command == root ? command.Name : command.Path[(root.Name.Length + 1)..];
        output.WriteLine("NAME:");
        output.WriteLine("\t" + title + " - " + command.Summary);
        output.WriteLine();
        output.WriteLine("USAGE:");
        output.WriteLine("\t" + (command.Parent is null ? "" : command.Parent.Path + " ") + command.Use + " [flags]");
        output.WriteLine();
        WriteVersions(output);
        WriteCommands(output);
        WriteDescription(output);

        List<Flag> own = [];
        HashSet<Flag> above = [.. command.FlagsFromAbove()];
        foreach (Flag flag in command.AllFlags().Sorted)
        {
            if (!flag.IsLater && !above.Contains(flag) && (flag.Name != "help" || command != root || showHelpFlag))
            {
                own.Add(flag);
            }
        }

        WriteFlags(output, "OPTIONS:", own);
        if (above.Count > 0)
        {
            List<Flag> global = [.. above.Where(flag => !flag.IsLater)];
            global.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            WriteFlags(output, "GLOBAL OPTIONS:", global);
        }
    }

    private void WriteVersions(OutputWriter output)
    {
        if (command == root)
        {
            output.WriteLine("VERSION:");
            output.WriteLine("\t" + ProgramVersion.Release);
            output.WriteLine();
        }

        if (command.Children.Count > 0)
        {
            output.WriteLine("API VERSION:");
            output.WriteLine("\t" + ProgramVersion.Api);
            output.WriteLine();
            output.WriteLine();
        }
    }

    private void WriteCommands(OutputWriter output)
    {
        List<(string Name, string Summary)> rows = [];
        Collect(command, "", rows);
        if (rows.Count == 0)
        {
            return;
        }

        rows.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.WriteLine("COMMANDS:");
        int width = 0;
        foreach ((string name, _) in rows)
        {
            width = Math.Max(width, CellWidth(name));
        }

        foreach ((string name, string summary) in rows)
        {
            output.WriteLine("\t" + Pad(name, width) + summary);
        }

        output.WriteLine();
    }

    // A group's page stays that of 3.5; the program's own lists everything.
    private void Collect(Command group, string prefix, List<(string Name, string Summary)> rows)
    {
        foreach (Command child in group.Children)
        {
            if (child.Run is not null && (command == root || !child.IsLater))
            {
                rows.Add((prefix + child.Name, child.Summary));
            }

            Collect(child, prefix + child.Name + " ", rows);
        }
    }

    private void WriteDescription(OutputWriter output)
    {
        if (command.Description is null)
        {
            return;
        }

        output.WriteLine("DESCRIPTION:");
        foreach (string line in command.Description.Split('\n'))
        {
            output.WriteLine("\t" + line);
        }

        output.WriteLine();
    }

    private static void WriteFlags(OutputWriter output, string title, List<Flag> flags)
    {
        output.WriteLine(title);
        WriteRows(output, flags);
        output.WriteLine();
    }

    /// <summary>Writes flags, one a line.</summary>
    public static void WriteRows(OutputWriter output, IReadOnlyList<Flag> flags)
    {
        int width = 0;
        foreach (Flag flag in flags)
        {
            width = Math.Max(width, CellWidth(FlagCell(flag)));
        }

        foreach (Flag flag in flags)
        {
            output.WriteLine(Pad(FlagCell(flag), width) + flag.Usage);
        }
    }

    private static string FlagCell(Flag flag) =>
        (flag.Shorthand == '\0' ? "      --" : "  -" + flag.Shorthand + ", --") + flag.Name + flag.DefaultInHelp;

    private static int CellWidth(string cell) => (cell.Length + 1 + TabWidth - 1) / TabWidth * TabWidth;

    private static string Pad(string cell, int width) =>
        cell + new string('\t', (width - cell.Length + TabWidth - 1) / TabWidth);
}
