using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Lists leases.</summary>
internal static class LeaseListCommand
{
    public static Command Create() => new("list", "List all active leases") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        Session session = Session.Open(context);
        session.Printer.Leases(await Call.RunAsync(session.Client.Leases.ListAsync(), ExitCode.BadConnection));
    }
}
