using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Lists members.</summary>
internal static class MemberListCommand
{
    public static Command Create() => new("list", "Lists all members in the cluster")
    {
        Description = """
            When --write-out is set to simple, this command prints out comma-separated member lists for each endpoint.
            The items in the lists are ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.
            """,
        Flags = [new("consistency", FlagKind.Text, "l", "Linearizable(l) or Serializable(s)") { IsLater = true }],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        bool isSerializable = GetCommand.IsSerializable(context.Flags["consistency"].Value);
        Session session = Session.Open(context);
        session.Printer.Members(await Call.RunAsync(session.Client.Cluster.MembersAsync(linearizable: !isSerializable)));
    }
}
