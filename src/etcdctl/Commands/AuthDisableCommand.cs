using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Turns authentication off.</summary>
internal static class AuthDisableCommand
{
    public static Command Create() => new("disable", "Disables authentication") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "auth disable command does not accept any arguments");
        }

        Session session = Session.Open(context);
        await Call.RunAsync(session.Client.Auth.DisableAsync());
        context.Terminal.Output.WriteLine("Authentication Disabled");
    }
}
