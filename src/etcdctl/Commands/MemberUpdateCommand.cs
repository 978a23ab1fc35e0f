using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Changes the peer URLs of a member.</summary>
internal static class MemberUpdateCommand
{
    public static Command Create() => new("update <memberID> [options]", "Updates a member in the cluster")
    {
        Flags = [new("peer-urls", FlagKind.Text, "", "comma separated peer URLs for the updated member.")],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        ulong id = MemberId.Only(context.Arguments);
        string urls = context.Flags["peer-urls"].Value;
        if (urls.Length == 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "member peer urls not provided");
        }

        Session session = Session.Open(context);
        session.Printer.MemberUpdated(id, await Call.RunAsync(session.Client.Cluster.UpdateMemberAsync(id, urls.Split(','))));
    }
}
