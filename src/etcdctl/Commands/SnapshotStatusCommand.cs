using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>Tells about a snapshot file, as etcd 3.5 still does here.</summary>
internal static class SnapshotStatusCommand
{
    public static Command Create() => new("status <filename>", "[deprecated] Gets backend snapshot status of a given file")
    {
        Description = """
            When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
            The items in the lists are hash, revision, total keys, total size.

            Moved to 'etcdutl snapshot status ...'
            """,
        Run = RunAsync,
    };

    private static Task RunAsync(CommandContext context)
    {
        context.Terminal.Error.WriteLine("Deprecated: Use `etcdutl snapshot status` instead.");
        context.Terminal.Error.WriteLine();
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "snapshot status requires exactly one argument");
        }

        // Variables are for commands that speak to a server: real etcdctl reads none here.
        return OfflineCommand.RunAsync(context, ["snapshot", "status"], ["write-out"]);
    }
}
