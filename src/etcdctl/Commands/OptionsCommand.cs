using Etcdctl.CommandLine;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Lists the flags that every command takes, also those of releases after 3.5, which the help pages leave out.</summary>
internal static class OptionsCommand
{
    public static Command Create() => new("options", "Print the list of flags inherited by all commands") { IsLater = true, Run = Run };

    private static Task Run(CommandContext context)
    {
        OutputWriter output = context.Terminal.Output;
        output.WriteLine("The following options can be passed to any command:");
        output.WriteLine();
        List<Flag> flags = [.. context.Command.FlagsFromAbove()];
        flags.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        HelpText.WriteRows(output, flags);
        return Task.CompletedTask;
    }
}
