using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>Prints the version.</summary>
internal static class VersionCommand
{
    public static Command Create() => new("version", "Prints the version of etcdctl") { Run = Run };

    private static Task Run(CommandContext context)
    {
        context.Terminal.Output.WriteLine("etcdctl version: " + ProgramVersion.Release);
        context.Terminal.Output.WriteLine("API version: " + ProgramVersion.Api);
        return Task.CompletedTask;
    }
}
