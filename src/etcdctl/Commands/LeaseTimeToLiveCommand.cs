using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Tells the time a lease has left.</summary>
internal static class LeaseTimeToLiveCommand
{
    public static Command Create() => new("timetolive <leaseID> [options]", "Get lease information")
    {
        Flags = [new("keys", FlagKind.Switch, "false", "Get keys attached to this lease")],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "lease timetolive command needs lease ID as argument");
        }

        long lease = LeaseId.Parse(context.Arguments[0]);
        bool withKeys = context.Flags["keys"].IsOn;
        Session session = Session.Open(context);
        session.Printer.TimeToLive(
            await Call.RunAsync(session.Client.Leases.TimeToLiveAsync(lease, withKeys), ExitCode.BadConnection), withKeys);
    }
}
