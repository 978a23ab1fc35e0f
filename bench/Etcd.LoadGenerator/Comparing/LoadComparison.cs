using System.Globalization;
using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Runs every case on both servers in turns, so that whatever else the machine does falls on both.</summary>
internal sealed class LoadComparison(ComparisonOptions options, Contestant subject, Contestant reference)
{
    private static readonly IPEndPoint ReplacedByContestant = new(IPAddress.Loopback, 0);

    public IReadOnlyList<CaseResult> Run()
    {
        Preload();
        var results = new List<CaseResult>();
        foreach ((string name, LoadOptions load) in Cases().Where(entry => options.Includes(entry.Name)))
        {
            CaseResult result = RunCase(name, load);
            results.Add(result);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}, {load.Clients} clients: {result.Subject.OperationsPerSecond:F0}/s against {result.Reference.OperationsPerSecond:F0}/s = {result.Subject.OperationsPerSecond / result.Reference.OperationsPerSecond:F2}, CPU {result.Subject.CpuMicroseconds:F1} against {result.Reference.CpuMicroseconds:F1} us = {result.Subject.CpuMicroseconds / result.Reference.CpuMicroseconds:F2}"));
        }

        return results;
    }

    private IEnumerable<(string Name, LoadOptions Load)> Cases()
    {
        (string, Scenario)[] unary =
        [
            ("put", Scenario.Put),
            ("linearizable get", Scenario.Get),
            ("serializable get", Scenario.SerializableGet),
            ("100-key range", Scenario.Range100),
        ];
        foreach ((string name, Scenario scenario) in unary)
        {
            foreach (int clients in options.ClientCounts)
            {
                yield return (name, Unary(scenario, clients));
            }
        }

        yield return ("txn", Unary(Scenario.Txn, 100));
        yield return ("JSON put", Unary(Scenario.JsonPut, 100));
        yield return ("JSON get", Unary(Scenario.JsonGet, 100));
        LoadOptions watch = Unary(Scenario.Watch, 10) with { Duration = null, Total = options.WatchPuts, Watchers = options.Watchers };
        yield return ("watch, one key", watch);
        yield return ("watch, a key each", watch with { WatchedKeys = options.Watchers, Total = options.WatchPuts * 100L });
        yield return ("lease keep-alive", Unary(Scenario.LeaseKeepAlive, 100) with { Duration = null, Total = 50_000 });
    }

    // The range starts at a random key, and all its keys must exist.
    private LoadOptions Unary(Scenario scenario, int clients) => new()
    {
        Server = ReplacedByContestant,
        Scenario = scenario,
        Clients = clients,
        Keys = options.PreloadedKeys - (scenario == Scenario.Range100 ? RequestTemplate.RangeKeys : 0),
        Total = long.MaxValue,
        Duration = options.RunDuration,
    };

    private void Preload()
    {
        LoadOptions fill = Unary(Scenario.Put, 200) with { IsSequential = true, Duration = null, Total = options.PreloadedKeys };
        subject.Run(fill);
        reference.Run(fill);
    }

    private CaseResult RunCase(string name, LoadOptions load)
    {
        var ours = new List<LoadReport>();
        var theirs = new List<LoadReport>();

        // The first turn of each is not counted: it meets cold code and cold caches.
        LoadOptions warmUp = load.Duration is null
            ? load with { Total = Math.Max(1, load.Total / 4) }
            : load with { Duration = load.Duration / 2 };
        subject.Run(warmUp);
        reference.Run(warmUp);
        for (int round = 0; round < options.Rounds; round++)
        {
            LoadOptions seeded = load with { Seed = (ulong)round + 1 };
            ours.Add(subject.Run(seeded));
            theirs.Add(reference.Run(seeded));
        }

        return new CaseResult(name, load.Clients, CaseMedians.Of(ours), CaseMedians.Of(theirs));
    }
}
