using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Removes a member.</summary>
internal static class MemberRemoveCommand
{
    public static Command Create() => new("remove <memberID>", "Removes a member from the cluster") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        ulong id = MemberId.Only(context.Arguments);
        Session session = Session.Open(context);
        session.Printer.MemberRemoved(id, await Call.RunAsync(session.Client.Cluster.RemoveMemberAsync(id)));
    }
}
