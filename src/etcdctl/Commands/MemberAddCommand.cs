using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Adds a member, and tells what to start it with.</summary>
internal static class MemberAddCommand
{
    public static Command Create() => new("add <memberName> [options]", "Adds a member into the cluster")
    {
        Flags =
        [
            new("peer-urls", FlagKind.Text, "", "comma separated peer URLs for the new member."),
            new("learner", FlagKind.Switch, "false", "indicates if the new member is raft learner"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        string name = ReadName(context.Arguments);
        string given = context.Flags["peer-urls"].Value;
        if (given.Length == 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "member peer urls not provided");
        }

        IReadOnlyList<string> urls = given.Split(',');
        Session session = Session.Open(context);
        PeerUrlArgument.Read(given);
        MemberAddResponse reply = await Call.RunAsync(
            session.Client.Cluster.AddMemberAsync(urls, context.Flags["learner"].IsOn));
        session.Printer.MemberAdded(reply);
        if (session.Printer is SimplePrinter)
        {
            // The reply has the members. To ask for them could take for ever: a cluster of one that has been given a second voter has no
            // quorum until that one is started, with what is printed here.
            WriteSettings(context.Terminal.Output, name, reply);
        }
    }

    private static string ReadName(IReadOnlyList<string> arguments) => arguments.Count switch
    {
        0 => throw CommandFailedException.Because(ExitCode.BadArguments, "member name not provided"),
        1 => arguments[0],
        _ => throw CommandFailedException.Because(
            ExitCode.BadArguments,
            arguments[1].StartsWith("http", StringComparison.Ordinal)
                ? "too many arguments, did you mean --peer-urls=" + arguments[1]
                : "too many arguments"),
    };

    // What the new member's environment needs; shells read these lines.
    private static void WriteSettings(OutputWriter output, string name, MemberAddResponse reply)
    {
        Member added = reply.Member;
        List<string> cluster = [];
        foreach (Member member in reply.Members)
        {
            foreach (string url in member.PeerURLs)
            {
                cluster.Add((member.ID == added.ID ? name : member.Name) + "=" + url);
            }
        }

        output.WriteLine();
        output.WriteLine("ETCD_NAME=" + GoText.Quote(name));
        output.WriteLine("ETCD_INITIAL_CLUSTER=" + GoText.Quote(string.Join(",", cluster)));
        output.WriteLine("ETCD_INITIAL_ADVERTISE_PEER_URLS=" + GoText.Quote(string.Join(",", added.PeerURLs)));
        output.WriteLine("ETCD_INITIAL_CLUSTER_STATE=\"existing\"");
    }
}
