using System.CommandLine;
using System.Net;
using Etcd.LoadGenerator.Comparing;
using Etcd.LoadGenerator.Load;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator;

/// <summary>The command line: <c>load</c> for one run against any endpoint, <c>compare</c> for two servers side by side,
/// <c>compare-clusters</c> for two clusters, <c>compare-space</c> for what becomes of deleted data, <c>compare-large</c> for a database of
/// 2 GiB, <c>compare-metrics</c> for readings of <c>/metrics</c>, <c>compare-proxies</c> for watchers behind a proxy.</summary>
internal static class LoadGeneratorCommand
{
    public static RootCommand Create() => new("Puts load on etcd servers and measures them.")
    {
        Subcommands =
        {
            CreateLoad(), CreateCompare(), CreateCompareClusters(), CreateCompareSpace(), CreateCompareLarge(),
            CreateReport(
                "compare-metrics",
                "Compares the time that GET /metrics takes with a full store.",
                new Option<int>("--keys") { Description = "Keys in the store.", DefaultValueFactory = _ => 1_000_000 },
                MetricsComparison.RunAsync),
            CreateReport(
                "compare-proxies",
                "Compares what watchers of one key cost a server and its gRPC proxy.",
                new Option<int>("--watchers") { Description = "Watchers.", DefaultValueFactory = _ => 1000 },
                ProxyComparison.RunAsync),
        },
    };

    private static System.CommandLine.Command CreateLoad()
    {
        var scenario = new Argument<Scenario>("scenario") { Description = "What the clients do." };
        var endpoint = new Option<string>("--endpoint") { Description = "Address and port of the server.", DefaultValueFactory = _ => "127.0.0.1:2379" };
        var clients = new Option<int>("--clients") { Description = "Callers at a time.", DefaultValueFactory = _ => 1 };
        var connections = new Option<int>("--connections") { Description = "Connections they share; 0 is one for each ten clients." };
        var total = new Option<long>("--total") { Description = "Requests in all (watch: puts).", DefaultValueFactory = _ => 10_000 };
        var keyBytes = new Option<int>("--key-size") { Description = "Bytes of a key, at least 8.", DefaultValueFactory = _ => 16 };
        var valueBytes = new Option<int>("--value-size") { Description = "Bytes of a value.", DefaultValueFactory = _ => 256 };
        var keys = new Option<long>("--keys") { Description = "Number of different keys.", DefaultValueFactory = _ => 100_000 };
        var sequential = new Option<bool>("--sequential") { Description = "Keys in order instead of at random." };
        var watchers = new Option<int>("--watchers") { Description = "Watchers.", DefaultValueFactory = _ => 1000 };
        var perStream = new Option<int>("--watchers-per-stream") { Description = "Watchers on one stream.", DefaultValueFactory = _ => 10 };
        var watchedKeys = new Option<int>("--watched-keys") { Description = "Keys the watchers are spread over.", DefaultValueFactory = _ => 1 };
        var serverPid = new Option<int>("--server-pid") { Description = "Process id of the server, to report its CPU time and memory." };
        var load = new System.CommandLine.Command("load", "Runs one load and prints throughput, latencies and what the server used.")
        {
            scenario, endpoint, clients, connections, total, keyBytes, valueBytes, keys, sequential, watchers, perStream, watchedKeys, serverPid,
        };
        load.SetAction(result => Console.WriteLine(LoadRun.Execute(new LoadOptions
        {
            Scenario = result.GetValue(scenario),
            Server = IPEndPoint.Parse(result.GetValue(endpoint)!),
            Clients = result.GetValue(clients),
            Connections = result.GetValue(connections),
            Total = result.GetValue(total),
            KeyBytes = result.GetValue(keyBytes),
            ValueBytes = result.GetValue(valueBytes),
            Keys = result.GetValue(keys),
            IsSequential = result.GetValue(sequential),
            Watchers = result.GetValue(watchers),
            WatchersPerStream = result.GetValue(perStream),
            WatchedKeys = result.GetValue(watchedKeys),
            ServerProcessIds = result.GetValue(serverPid) is var pid and not 0 ? [pid] : [],
        })));
        return load;
    }

    private static System.CommandLine.Command CreateCompare()
    {
        var full = new Option<bool>("--full") { Description = "Long runs and a million keys, for figures worth keeping." };
        var filter = new Option<string>("--only") { Description = "Only cases whose name has this text (memory and etcdctl are cases too).", DefaultValueFactory = _ => "" };
        var subject = new Option<ServerKind>("--subject") { Description = "The server in question.", DefaultValueFactory = _ => ServerKind.Ours };
        var reference = new Option<ServerKind>("--reference") { Description = "The server it is compared with.", DefaultValueFactory = _ => ServerKind.Real35 };
        var rounds = new Option<int?>("--rounds") { Description = "Runs of each server for each case." };
        var output = new Option<string?>("--output") { Description = "File for the report; it is printed too." };
        var data = new Option<string>("--data-root")
        {
            Description = "Directory on the disk to measure with.",
            DefaultValueFactory = _ => Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "bench-data"),
        };
        var compare = new System.CommandLine.Command("compare", "Runs the same loads on two servers in turns and prints the ratios.")
        {
            full, filter, subject, reference, rounds, output, data,
        };
        compare.SetAction(async (result, _) =>
        {
            string dataRoot = result.GetValue(data)!;
            ComparisonOptions size = result.GetValue(full) ? ComparisonOptions.Full(dataRoot) : ComparisonOptions.Quick(dataRoot);
            string report = await Comparison.RunAsync(size with
            {
                Filter = result.GetValue(filter)!,
                Subject = result.GetValue(subject),
                Reference = result.GetValue(reference),
                Rounds = result.GetValue(rounds) ?? size.Rounds,
            });
            Console.WriteLine(report);
            if (result.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, report, CancellationToken.None);
            }
        });
        return compare;
    }

    private static System.CommandLine.Command CreateCompareClusters()
    {
        var rounds = new Option<int>("--rounds") { Description = "Runs of each cluster for each case, and leaders killed.", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "Length of one run.", DefaultValueFactory = _ => 1 };
        var filter = new Option<string>("--only") { Description = "Only cases whose name has this text (failover is a case too).", DefaultValueFactory = _ => "" };
        var output = new Option<string?>("--output") { Description = "File for the report; it is printed too." };
        var compare = new System.CommandLine.Command("compare-clusters", "Runs the same loads on three of our members and three of etcd 3.5 in turns and prints the ratios.")
        {
            rounds, seconds, filter, output,
        };
        compare.SetAction(async (result, _) =>
        {
            var options = new ComparisonOptions
            {
                DataRoot = Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "bench-data"),
                Rounds = result.GetValue(rounds),
                RunDuration = TimeSpan.FromSeconds(result.GetValue(seconds)),
                PreloadedKeys = 20_000,
                Filter = result.GetValue(filter)!,
            };
            string report = await ClusterComparison.RunAsync(options);
            Console.WriteLine(report);
            if (result.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, report, CancellationToken.None);
            }
        });
        return compare;
    }

    private static System.CommandLine.Command CreateCompareSpace()
    {
        var mebibytes = new Option<int>("--mebibytes") { Description = "Size of the database.", DefaultValueFactory = _ => 1024 };
        var output = new Option<string?>("--output") { Description = "File for the report; it is printed too." };
        var compare = new System.CommandLine.Command(
            "compare-space", "Deletes four fifths of a database and shows how its file shrinks, and what puts wait meanwhile, beside etcd's defragmentation.")
        {
            mebibytes, output,
        };
        compare.SetAction(async (result, _) =>
        {
            string dataRoot = Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "bench-data");
            string report = await SpaceComparison.RunAsync(dataRoot, (long)result.GetValue(mebibytes) << 20);
            Console.WriteLine(report);
            if (result.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, report, CancellationToken.None);
            }
        });
        return compare;
    }

    private static System.CommandLine.Command CreateCompareLarge()
    {
        var prepare = new Option<bool>("--prepare") { Description = "Only fills the directory that both get copies of." };
        var rounds = new Option<int>("--rounds") { Description = "Times that what can be repeated is.", DefaultValueFactory = _ => 3 };
        var output = new Option<string?>("--output") { Description = "File for the report; it is printed too." };
        var data = new Option<string>("--data-root")
        {
            Description = "Directory on the disk to measure with.",
            DefaultValueFactory = _ => Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "bench-data"),
        };
        var compare = new System.CommandLine.Command("compare-large", "Compares two servers and their tools on a database of 2 GiB with a million keys.")
        {
            prepare, rounds, output, data,
        };
        compare.SetAction(async (result, _) =>
        {
            string root = result.GetValue(data)!;
            Directory.CreateDirectory(root);
            if (result.GetValue(prepare))
            {
                await new LargeStoreSource(root).PrepareAsync();
                return;
            }

            string report = await LargeStoreComparison.RunAsync(root, result.GetValue(rounds));
            Console.WriteLine(report);
            if (result.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, report, CancellationToken.None);
            }
        });
        return compare;
    }

    // A comparison with one number for its size.
    private static System.CommandLine.Command CreateReport(
        string name, string description, Option<int> size, Func<string, int, Task<string>> runAsync)
    {
        var output = new Option<string?>("--output") { Description = "File for the report; it is printed too." };
        var compare = new System.CommandLine.Command(name, description) { size, output };
        compare.SetAction(async (result, _) =>
        {
            string dataRoot = Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "bench-data");
            Directory.CreateDirectory(dataRoot);
            string report = await runAsync(dataRoot, result.GetValue(size));
            Console.WriteLine(report);
            if (result.GetValue(output) is { } file)
            {
                await File.WriteAllTextAsync(file, report, CancellationToken.None);
            }
        });
        return compare;
    }
}
