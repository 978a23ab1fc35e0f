using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Top;

namespace Etcdctl.Commands;

/// <summary>Shows the members of a cluster and what they do, again and again.</summary>
internal static class TopCommand
{
    private const int DepthMax = 16;

    public static Command Create() => new("top", "Shows members, leader, lag, rates, latency and hot prefixes of a cluster, live")
    {
        Description = """
            Rates come from the metrics of the members, hot prefixes from a sample of a watch of all keys.
            On a terminal the picture is drawn anew each interval; elsewhere each sample is printed after the other.
            """,
        Flags =
        [
            new("depth", FlagKind.Integer, "1", "Parts of a key, between slashes, that make a hot prefix"),
            new("interval", FlagKind.Duration, "1s", "Time between two samples"),
            new("once", FlagKind.Switch, "false", "Print one sample and exit"),
        ],
        IsLater = true,
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        TimeSpan interval = context.Flags["interval"].Duration;
        long depth = context.Flags["depth"].Number;
        if (interval <= TimeSpan.Zero || depth is < 1 or > DepthMax)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, $"--interval must be longer than nothing, --depth between 1 and {DepthMax}");
        }

        Session session = Session.Open(context, isLongLived: true, isQuiet: true);
        using Interruption interruption = new();
        using ClusterSampler sampler = new(session, new HotPrefixes(session.Client, (int)depth), context.Flags["command-timeout"].Duration);
        bool once = context.Flags["once"].IsOn;
        bool draws = !once && !Console.IsOutputRedirected && session.Printer is SimplePrinter;
        try
        {
            do
            {
                ClusterSample sample = await sampler.TakeAsync(interval, interruption.Token);
                if (draws)
                {
                    context.Terminal.Output.Write("\u001b[H\u001b[2J");
                }

                session.Printer.Sample(sample);
                context.Terminal.Flush();
                if (once && sample.Members.All(member => member.Sample.Status is null))
                {
                    throw CommandFailedException.Because(ExitCode.BadConnection, "no member answers");
                }
            }
            while (!once);
        }
        catch (OperationCanceledException)
        {
            // Interrupted: that is how it ends.
        }
    }
}
