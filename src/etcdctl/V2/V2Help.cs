using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>Help pages in the layout of the v2 commands.</summary>
internal static class V2Help
{
    private static readonly V2Flag Help = new("help", V2FlagKind.Switch, "show help", "h");

    /// <summary>The page of the program.</summary>
    public static void WriteProgram(OutputWriter output)
    {
        WriteHead(output, "etcdctl", "A simple command line client for etcd.");
        WriteCommands(output, V2CommandTree.Commands);
        output.WriteLine();
        output.WriteLine("GLOBAL OPTIONS:");
        WriteFlags(output, V2CommandTree.GlobalFlags);
    }

    /// <summary>The page that <c>help</c> behind a group's name shows.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteGroup(OutputWriter output, string path, V2Command command)
    {
        WriteHead(output, path, command.Summary);
        WriteCommands(output, command.Children);
        output.WriteLine();
        output.WriteLine("GLOBAL OPTIONS:");
        WriteFlags(output, [Help]);
    }

    /// <summary>The page of a command.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="path">The words that call it, the program's name first.</param>
    /// <param name="command">The command.</param>
    public static void Write(OutputWriter output, string path, V2Command command)
    {
        bool isGroup = command.Children.Count > 0;
        output.WriteLine("NAME:");
        output.WriteLine($"   {path} - {command.Summary}");
        output.WriteLine();
        output.WriteLine("USAGE:");
        output.WriteLine(isGroup
            ? $"   {path} command [command options] [arguments...]"
            : $"   {path} {(command.Flags.Count > 0 ? "[command options] " : "")}{command.ArgumentsText}");
        if (command.Description.Length > 0)
        {
            output.WriteLine();
            output.WriteLine("DESCRIPTION:");
            output.WriteLine(command.Description);
        }

        if (isGroup)
        {
            output.WriteLine();
            WriteCommands(output, command.Children);
        }

        if (isGroup || command.Flags.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("OPTIONS:");
            WriteFlags(output, isGroup ? [Help] : command.Flags);
            output.WriteLine("   ");
        }
    }

    /// <summary>The page that <c>help</c> with a command's name shows: of a group it says no more than that it is there, as etcd's does.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteTopic(OutputWriter output, string path, V2Command command)
    {
        if (command.Children.Count == 0)
        {
            Write(output, path, command);
            return;
        }

        output.WriteLine("NAME:");
        output.WriteLine($"   {path} - {command.Summary}");
        output.WriteLine();
        output.WriteLine("USAGE:");
        output.WriteLine($"   {path} [arguments...]");
    }

    private static void WriteHead(OutputWriter output, string path, string summary) => output.Write(
        $"NAME:\n   {path} - {summary}\n\nUSAGE:\n   {path} [global options] command [command options] [arguments...]\n\nVERSION:\n   {ProgramVersion.Release}\n\n");

    private static void WriteCommands(OutputWriter output, IReadOnlyList<V2Command> commands)
    {
        output.WriteLine("COMMANDS:");
        WriteColumns(output, [.. commands.Select(command => (command.Name == "help" ? "help, h" : command.Name, command.Summary))]);
    }

    private static void WriteFlags(OutputWriter output, IReadOnlyList<V2Flag> flags) =>
        WriteColumns(output, [.. flags.Select(flag => (flag.Title, flag.Description))]);

    private static void WriteColumns(OutputWriter output, IReadOnlyList<(string Left, string Right)> rows)
    {
        int width = rows.Max(row => row.Left.Length);
        foreach ((string left, string right) in rows)
        {
            output.WriteLine($"   {left.PadRight(width)}  {right}");
        }
    }
}
