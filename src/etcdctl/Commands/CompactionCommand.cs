using System.Globalization;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Forgets history.</summary>
internal static class CompactionCommand
{
    public static Command Create() => new("compaction [options] <revision>", "Compacts the event history in etcd")
    {
        Flags =
        [
            new("physical", FlagKind.Switch, "false", "'true' to wait for compaction to physically remove all old revisions"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "compaction command needs 1 argument");
        }

        long revision = Revision(context.Arguments[0]);
        Session session = Session.Open(context);
        await Call.RunAsync(session.Client.Kv.CompactAsync(revision, context.Flags["physical"].IsOn));
        context.Terminal.Output.WriteLine("compacted revision " + revision.ToString(CultureInfo.InvariantCulture));
    }

    private static long Revision(string text)
    {
        try
        {
            return GoNumber.ParseInteger(text, 10);
        }
        catch (FormatException failure)
        {
            throw CommandFailedException.Because(ExitCode.Error, failure.Message);
        }
    }
}
