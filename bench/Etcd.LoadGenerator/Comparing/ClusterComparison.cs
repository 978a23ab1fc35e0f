using System.Globalization;
using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Three members of ours against three of real etcd: puts, linearizable reads through a follower, and the loss of a leader.</summary>
internal sealed class ClusterComparison(ComparisonOptions options, ClusterContestant subject, ClusterContestant reference)
{
    private static readonly IPEndPoint ReplacedByContestant = new(IPAddress.Loopback, 0);

    /// <returns>The report as Markdown.</returns>
    public static async Task<string> RunAsync(ComparisonOptions options)
    {
        Directory.CreateDirectory(options.DataRoot);
        await using ClusterContestant subject = await ClusterContestant.StartAsync(options.Subject, options.DataRoot);
        await using ClusterContestant reference = await ClusterContestant.StartAsync(options.Reference, options.DataRoot);
        var comparison = new ClusterComparison(options, subject, reference);
        List<CaseResult> cases = await comparison.RunCasesAsync();
        return new MarkdownReport(options).WriteClusters(cases, options.Includes("failover") ? await comparison.FailOverAsync() : null);
    }

    private async Task<List<CaseResult>> RunCasesAsync()
    {
        await BothAsync(Load(Scenario.Put, 200) with { IsSequential = true, Duration = null, Total = options.PreloadedKeys }, onFollower: false);
        var results = new List<CaseResult>();
        foreach ((string name, Scenario scenario, bool onFollower) in
            new[] { ("put", Scenario.Put, false), ("linearizable get through a follower", Scenario.Get, true) })
        {
            foreach (int clients in options.ClientCounts.Where(_ => options.Includes(name)))
            {
                results.Add(await RunCaseAsync(name, Load(scenario, clients), onFollower));
            }
        }

        return results;
    }

    private async Task<CaseResult> RunCaseAsync(string name, LoadOptions load, bool onFollower)
    {
        var ours = new List<LoadReport>();
        var theirs = new List<LoadReport>();

        // The first turn of each is not counted: it meets cold code and cold caches.
        await BothAsync(load with { Duration = load.Duration / 2 }, onFollower);
        for (int round = 0; round < options.Rounds; round++)
        {
            (LoadReport our, LoadReport their) = await BothAsync(load with { Seed = (ulong)round + 1 }, onFollower);
            ours.Add(our);
            theirs.Add(their);
        }

        var result = new CaseResult(name, load.Clients, CaseMedians.Of(ours), CaseMedians.Of(theirs));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}, {load.Clients} clients: {result.Subject.OperationsPerSecond:F0}/s against {result.Reference.OperationsPerSecond:F0}/s, CPU {result.Subject.CpuMicroseconds:F1} against {result.Reference.CpuMicroseconds:F1} us"));
        Console.WriteLine(ours[^1]);
        return result;
    }

    private async Task<(LoadReport Subject, LoadReport Reference)> BothAsync(LoadOptions load, bool onFollower) =>
        (await subject.RunAsync(load, onFollower), await reference.RunAsync(load, onFollower));

    private async Task<(IReadOnlyList<TimeSpan> Subject, IReadOnlyList<TimeSpan> Reference)> FailOverAsync()
    {
        var ours = new List<TimeSpan>();
        var theirs = new List<TimeSpan>();
        for (int round = 0; round < options.Rounds; round++)
        {
            ours.Add(await subject.FailOverAsync());
            theirs.Add(await reference.FailOverAsync());
        }

        return (ours, theirs);
    }

    private LoadOptions Load(Scenario scenario, int clients) => new()
    {
        Server = ReplacedByContestant,
        Scenario = scenario,
        Clients = clients,
        Keys = options.PreloadedKeys,
        Total = long.MaxValue,
        Duration = options.RunDuration,
    };
}
