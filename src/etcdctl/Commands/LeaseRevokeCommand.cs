using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Revokes a lease.</summary>
internal static class LeaseRevokeCommand
{
    public static Command Create() => new("revoke <leaseID>", "Revokes leases") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "lease revoke command needs 1 argument");
        }

        long lease = LeaseId.Parse(context.Arguments[0]);
        Session session = Session.Open(context);
        session.Printer.Revoke(lease, await Call.RunAsync(
            session.Client.Leases.RevokeAsync(lease), ExitCode.Error, "failed to revoke lease ({0})"));
    }
}
