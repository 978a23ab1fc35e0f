using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Makes a learner a voter.</summary>
internal static class MemberPromoteCommand
{
    public static Command Create() => new("promote <memberID>", "Promotes a non-voting member in the cluster")
    {
        Description = "Promotes a non-voting learner member to a voting one in the cluster.",
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        ulong id = MemberId.Only(context.Arguments);
        Session session = Session.Open(context);
        session.Printer.MemberPromoted(id, await Call.RunAsync(session.Client.Cluster.PromoteMemberAsync(id)));
    }
}
