using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Grants a lease.</summary>
internal static class LeaseGrantCommand
{
    public static Command Create() => new("grant <ttl>", "Creates leases") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "lease grant command needs TTL argument");
        }

        long seconds = Seconds(context.Arguments[0]);
        Session session = Session.Open(context);
        session.Printer.Grant(await Call.RunAsync(
            session.Client.Leases.GrantAsync(seconds), ExitCode.Error, "failed to grant lease ({0})"));
    }

    private static long Seconds(string text)
    {
        try
        {
            return GoNumber.ParseInteger(text, 10);
        }
        catch (FormatException failure)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, $"bad TTL ({failure.Message})");
        }
    }
}
