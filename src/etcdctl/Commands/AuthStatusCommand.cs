using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Tells whether authentication is on.</summary>
internal static class AuthStatusCommand
{
    public static Command Create() => new("status", "Returns authentication status") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "auth status command does not accept any arguments");
        }

        Session session = Session.Open(context);
        session.Printer.AuthStatus(await Call.RunAsync(session.Client.Auth.StatusAsync()));
    }
}
