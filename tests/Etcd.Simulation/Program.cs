using System.Diagnostics;
using System.Globalization;

using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Etcd.Simulation;

/// <summary>Long runs of seeds, and the exact replay of one; without either it is the test runner of this project.</summary>
internal static class Program
{
    private const string Usage = "usage: --seeds FIRST..LAST [--stop-at-first] | --seed N [--trace]";

    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["--seeds", string range, .. string[] rest]:
                return RunAll(range, stopsAtFirst: rest is ["--stop-at-first"]);
            case ["--seed", string seed, .. string[] rest]:
                return Replay(ulong.Parse(seed, CultureInfo.InvariantCulture), isTraced: rest is ["--trace"]);
            case ["--help"]:
                Console.WriteLine(Usage);
                return 0;
            default:
                return args.Any(static argument => argument is "-automated" or "@@")
                    ? ConsoleRunner.Run(args).GetAwaiter().GetResult()
                    : TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult();
        }
    }

    private static int RunAll(string range, bool stopsAtFirst)
    {
        string[] ends = range.Split("..");
        ulong first = ulong.Parse(ends[0], CultureInfo.InvariantCulture);
        ulong last = ulong.Parse(ends[^1], CultureInfo.InvariantCulture);
        long started = Stopwatch.GetTimestamp();
        int failed = 0;
        long operations = 0;
        long messages = 0;
        long snapshots = 0;
        long lives = 0;
        var changes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (ulong seed = first; seed <= last; seed++)
        {
            try
            {
                RunSummary summary = SimulatedRun.Execute(Scenario.Draw(seed));
                operations += summary.Operations;
                messages += summary.Messages;
                snapshots += summary.Snapshots;
                lives += summary.Lives;
                foreach ((string name, int times) in summary.Changes)
                {
                    changes[name] = changes.GetValueOrDefault(name) + times;
                }
            }
            catch (SimulationFailedException failure)
            {
                failed++;
                Console.WriteLine(failure.Message);
                if (stopsAtFirst)
                {
                    return 1;
                }
            }

            if ((seed - first + 1) % 100 == 0)
            {
                Console.WriteLine($"{seed - first + 1} seeds, {failed} failed, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
            }
        }

        Console.WriteLine(
            $"seeds {first}..{last}: {failed} failed, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; {operations} operations, "
            + $"{messages} messages and {snapshots} snapshots between members, {lives} lives; changes {string.Join(' ', changes.Select(static change => $"{change.Key}:{change.Value}"))}");
        return failed == 0 ? 0 : 1;
    }

    private static int Replay(ulong seed, bool isTraced)
    {
        Scenario scenario = Scenario.Draw(seed);
        Console.WriteLine(scenario);
        Console.WriteLine($"faults: {string.Join(' ', scenario.Faults.Kinds)}");
        try
        {
            Console.WriteLine(SimulatedRun.Execute(scenario, isTraced ? Console.Out : null));
            return 0;
        }
        catch (SimulationFailedException failure)
        {
            Console.WriteLine(failure);
            return 1;
        }
    }
}
