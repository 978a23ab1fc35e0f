using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Clears every alarm.</summary>
internal static class AlarmDisarmCommand
{
    public static Command Create() => new("disarm", "Disarms all alarms") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "alarm disarm command accepts no arguments");
        }

        Session session = Session.Open(context);
        AlarmResponse raised = await Call.RunAsync(session.Client.Maintenance.AlarmsAsync());
        AlarmResponse cleared = new();
        foreach (AlarmMember alarm in raised.Alarms)
        {
            AlarmResponse reply = await Call.RunAsync(session.Client.Maintenance.DisarmAsync(alarm));
            cleared.Alarms.Add(reply.Alarms);
        }

        session.Printer.Alarms(cleared);
    }
}
