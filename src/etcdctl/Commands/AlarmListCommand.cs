using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Lists alarms.</summary>
internal static class AlarmListCommand
{
    public static Command Create() => new("list", "Lists all alarms") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "alarm list command accepts no arguments");
        }

        Session session = Session.Open(context);
        session.Printer.Alarms(await Call.RunAsync(session.Client.Maintenance.AlarmsAsync()));
    }
}
