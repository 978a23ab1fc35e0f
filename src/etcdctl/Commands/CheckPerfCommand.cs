using System.Globalization;
using Etcd.Client;
using Etcdctl.Checks;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Writes at a steady pace for a minute and judges throughput and latency.</summary>
internal static class CheckPerfCommand
{
    private const int KeyBytes = 256;
    private const int ValueBytes = 1024;
    private const double ThroughputRatioMin = 0.9;
    private const double SlowestSecondsMax = 0.5;
    private const double DeviationSecondsMax = 0.1;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    public static Command Create() => new("perf [options]", "Check the performance of the etcd cluster")
    {
        Flags =
        [
            new("auto-compact", FlagKind.Switch, "false", "Compact storage with last revision after test is finished."),
            new("auto-defrag", FlagKind.Switch, "false", "Defragment storage after test is finished."),
            new("load", FlagKind.Text, "s",
                "The performance check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)"),
            new("prefix", FlagKind.Text, "/etcdctl-check-perf/", "The prefix for writing the performance check's keys."),
        ],
        Run = context => RunAsync(context, Duration),
    };

    /// <summary>Runs the check for a while.</summary>
    /// <exception cref="CommandFailedException">The cluster did not pass.</exception>
    public static async Task RunAsync(CommandContext context, TimeSpan duration)
    {
        CheckLoad load = CheckLoad.Choose(context.Flags["load"].Value, new(150, 50), new(1000, 200), new(8000, 500), new(15000, 1000));
        Session session = Session.Open(context, hasDeadline: false, isLongLived: true);
        string prefix = context.Flags["prefix"].Value;
        CheckSpace space = new(session.Client, prefix, context.Terminal.Output);
        await space.RequireEmptyAsync("'");

        using Interruption interruption = new();
        PutFigures figures;
        using (StatusLine? line = StatusLine.OnTerminal(context.Terminal))
        {
            List<EtcdClient> clients = session.SeveralClients(load.Clients);
            figures = await new PutRun(prefix, KeyBytes, ValueBytes)
                .RunAsync(clients, new SteadyPace(load.Limit, duration), line, interruption.Token);
        }

        await space.CleanAsync(context.Flags["auto-compact"].IsOn, context.Flags["auto-defrag"].IsOn);
        if (interruption.Token.IsCancellationRequested)
        {
            throw CommandFailedException.Because(ExitCode.Interrupted, "interrupted; the keys of the check are deleted");
        }

        if (!Judge(figures, load, context.Terminal.Output))
        {
            throw CommandFailedException.AlreadyTold(ExitCode.Error);
        }
    }

    private static bool Judge(PutFigures figures, CheckLoad load, OutputWriter output)
    {
        bool passes = figures.Errors.Count == 0;
        if (!passes)
        {
            output.WriteLine("FAIL: too many errors");
            foreach ((string error, int count) in figures.Errors)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAIL: ERROR({error}) -> {count}"));
            }
        }

        string throughput = string.Create(CultureInfo.InvariantCulture, $"{(int)figures.PutsPerSecond + 1} writes/s");
        passes &= Say(figures.PutsPerSecond / load.Limit > ThroughputRatioMin, "Throughput is ", "FAIL: Throughput too low: ", throughput);
        passes &= Say(figures.SlowestSeconds <= SlowestSecondsMax, "Slowest request took ", "Slowest request took too long: ", Seconds(figures.SlowestSeconds));
        passes &= Say(figures.DeviationSeconds <= DeviationSecondsMax, "Stddev is ", "Stddev too high: ", Seconds(figures.DeviationSeconds));
        output.WriteLine(passes ? "PASS" : "FAIL");
        return passes;

        bool Say(bool isGood, string good, string bad, string value)
        {
            output.WriteLine((isGood ? "PASS: " + good : bad) + value);
            return isGood;
        }
    }

    private static string Seconds(double seconds) => seconds.ToString("F6", CultureInfo.InvariantCulture) + "s";
}
