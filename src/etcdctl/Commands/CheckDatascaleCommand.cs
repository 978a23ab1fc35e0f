using System.Globalization;
using Etcd.Client;
using Etcdctl.Checks;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Metrics;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Writes many keys and tells how much memory the server took for them.</summary>
internal static class CheckDatascaleCommand
{
    private const string ResidentMemory = "process_resident_memory_bytes";
    private const int KeyBytes = 512;
    private const int ValueBytes = 512;
    private const double BytesPerMegabyte = 1024 * 1024;

    public static Command Create() =>
        new("datascale [options]", "Check the memory usage of holding data for different workloads on a given server endpoint.")
        {
            Description = "If no endpoint is provided, localhost will be used. If multiple endpoints are provided, first endpoint will be used.",
            Flags =
            [
                new("auto-compact", FlagKind.Switch, "false", "Compact storage with last revision after test is finished."),
                new("auto-defrag", FlagKind.Switch, "false", "Defragment storage after test is finished."),
                new("load", FlagKind.Text, "s",
                    "The datascale check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)"),
                new("prefix", FlagKind.Text, "/etcdctl-check-datascale/", "The prefix for writing the datascale check's keys."),
            ],
            Run = RunAsync,
        };

    private static async Task RunAsync(CommandContext context)
    {
        CheckLoad load = CheckLoad.Choose(
            context.Flags["load"].Value, new(10_000, 50), new(100_000, 100), new(1_000_000, 200), new(3_000_000, 500));
        Session session = Session.Open(context, hasDeadline: false, isLongLived: true);
        string prefix = context.Flags["prefix"].Value;
        OutputWriter output = context.Terminal.Output;
        CheckSpace space = new(session.Client, prefix, output);
        await space.RequireEmptyAsync("");

        double before = await MemoryAsync(session, "before", output);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Start data scale check for work load [{load.Limit} key-value pairs, {KeyBytes + ValueBytes} bytes per key-value, {load.Clients} concurrent clients]."));
        output.Flush();
        using Interruption interruption = new();
        PutFigures figures;
        using (StatusLine? line = StatusLine.OnTerminal(context.Terminal))
        {
            List<EtcdClient> clients = session.SeveralClients(load.Clients);
            figures = await new PutRun(prefix, KeyBytes, ValueBytes).RunAsync(clients, new CountedPace(load.Limit), line, interruption.Token);
        }

        double after = await MemoryAsync(session, "after", output);
        await space.CleanAsync(context.Flags["auto-compact"].IsOn, context.Flags["auto-defrag"].IsOn);
        if (interruption.Token.IsCancellationRequested)
        {
            throw CommandFailedException.Because(ExitCode.Interrupted, "interrupted; the keys of the check are deleted");
        }

        Judge(figures, after - before, output);
    }

    private static void Judge(PutFigures figures, double bytes, OutputWriter output)
    {
        if (figures.Errors.Count == 0)
        {
            string used = (bytes / BytesPerMegabyte).ToString("F2", CultureInfo.InvariantCulture);
            output.WriteLine($"PASS: Approximate system memory used : {used} MB.");
            return;
        }

        output.WriteLine("FAIL: too many errors");
        foreach ((string error, int count) in figures.Errors)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAIL: ERROR({error}) -> {count}"));
        }

        throw CommandFailedException.AlreadyTold(ExitCode.Error);
    }

    private static async Task<double> MemoryAsync(Session session, string when, OutputWriter output)
    {
        using MetricsReader metrics = new(session.Tls);
        try
        {
            MetricsText text = await metrics.ReadAsync(session.Client.Endpoints[0], CancellationToken.None);
            if (text.Sum(ResidentMemory) is double bytes and > 0)
            {
                return bytes;
            }

            output.WriteLine("could not find: " + ResidentMemory);
        }
        catch (MetricsUnavailableException failure)
        {
            output.WriteLine("fetch error: " + failure.Message);
        }

        output.WriteLine($"FAIL: Could not read {ResidentMemory} {when} the put operations.");
        throw CommandFailedException.AlreadyTold(ExitCode.Error);
    }
}
