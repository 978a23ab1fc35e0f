using System.Globalization;

using Etcd.MicroBenchmarks;

// Usage: Etcd.MicroBenchmarks [AREA...] [--only TEXT]
//   AREA         an area below; all of them when none is named
//   --only TEXT  only the benchmarks whose name contains TEXT
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
IBenchmarkArea[] areas =
[
    new BoltBenchmarks(), new GrpcBenchmarks(), new MvccBenchmarks(), new RaftBenchmarks(), new WalBenchmarks(), new WatchBenchmarks(),
];

int only = Array.IndexOf(args, "--only");
string filter = only >= 0 && only + 1 < args.Length ? args[only + 1] : "";
string[] named = only >= 0 ? args[..only] : args;
string[] unknown = [.. named.Where(name => !Array.Exists(areas, area => area.Name == name))];
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"no such area: {string.Join(", ", unknown)}; there are {string.Join(", ", areas.Select(area => area.Name))}");
    return 2;
}

var runner = new BenchmarkRunner(Console.Out, filter);
foreach (IBenchmarkArea area in areas.Where(area => named.Length == 0 || named.Contains(area.Name)))
{
    area.Run(runner);
}

return 0;
