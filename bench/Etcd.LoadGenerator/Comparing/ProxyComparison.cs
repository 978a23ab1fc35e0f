using System.Globalization;
using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Many watchers of one key, at a server and at a gRPC proxy before it: how many watches the server has and events it sends, and what
/// that costs.</summary>
internal static class ProxyComparison
{
    private const int Puts = 1000;
    private const int WaitsMax = 20;
    private const string WatchersName = "etcd_debugging_mvcc_watcher_total";
    private const string EventsName = "etcd_debugging_mvcc_events_total";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(250);

    /// <returns>The report.</returns>
    public static async Task<string> RunAsync(string dataRoot, int watchers)
    {
        var report = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores; {watchers} watchers of one key, {Puts} puts by 10 clients; a server and its proxy on one machine."),
            "",
            "| | watches of the server | events it sends | CPU of the server, s | CPU of the proxy, s | events delivered /s | p99 ms |",
            "|---|--:|--:|--:|--:|--:|--:|",
        };
        foreach ((ServerKind kind, string name) in new[] { (ServerKind.Ours, "ours"), (ServerKind.Real35, "etcd 3.5") })
        {
            await using Contestant contestant = await Contestant.StartAsync(kind, dataRoot);
            var server = new IPEndPoint(IPAddress.Loopback, contestant.Server.ClientPort);
            report.Add(await MeasureAsync($"{name}, at the server", server, server, contestant.Server.ProcessId, proxy: null, watchers));
            int port = LoopbackPorts.Take();
            await using RunningCommand proxy = await StartProxyAsync(kind, contestant.Server.Endpoint, port);
            var front = new IPEndPoint(IPAddress.Loopback, port);
            report.Add(await MeasureAsync($"{name}, at the proxy", front, server, contestant.Server.ProcessId, proxy.ProcessId, watchers));
        }

        return string.Join('\n', report) + "\n";
    }

    private static async Task<string> MeasureAsync(string name, IPEndPoint target, IPEndPoint server, int serverPid, int? proxy, int watchers)
    {
        var load = new LoadOptions { Server = target, Scenario = Scenario.Watch, Clients = 10, Total = Puts, Watchers = watchers };
        LoadRun.Execute(load with { Total = Puts / 4 });
        for (int wait = 0; wait < WaitsMax && MetricsReading.ValueOf(server, WatchersName) > 0; wait++)
        {
            // Watchers end on the server a moment after their clients have gone; one that etcd's proxy has for itself stays.
            await Task.Delay(SampleInterval);
        }

        double events = MetricsReading.ValueOf(server, EventsName);
        ProcessUsage before = ProcessUsage.Of(serverPid);
        ProcessUsage? proxyBefore = proxy is { } known ? ProcessUsage.Of(known) : null;
        Task<LoadReport> running = Task.Run(() => LoadRun.Execute(load));
        double watches = 0;
        while (!running.IsCompleted)
        {
            watches = Math.Max(watches, MetricsReading.ValueOf(server, WatchersName));
            await Task.WhenAny(running, Task.Delay(SampleInterval));
        }

        LoadReport result = await running;
        double cpu = ProcessUsage.Of(serverPid).CpuSeconds - before.CpuSeconds;
        string proxyCpu = proxyBefore is { } used
            ? (ProcessUsage.Of(proxy!.Value).CpuSeconds - used.CpuSeconds).ToString("F2", CultureInfo.InvariantCulture)
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {watches:F0} | {MetricsReading.ValueOf(server, EventsName) - events:F0} | {cpu:F2} | {proxyCpu} | {result.OperationsPerSecond:F0} | {result.Latency.Percentile(0.99).TotalMilliseconds:F1} |");
    }

    private static async Task<RunningCommand> StartProxyAsync(ServerKind kind, string endpoint, int port)
    {
        string program = kind == ServerKind.Ours ? OurPrograms.Server : RealEtcd.Server("3.5");
        var proxy = RunningCommand.Start(new Command(
            program,
            ["grpc-proxy", "start", "--endpoints", endpoint, "--listen-addr", $"127.0.0.1:{port}", "--advertise-client-url", $"127.0.0.1:{port}"]));
        try
        {
            await proxy.Errors.WaitForAsync(
                line => line.Contains("started gRPC proxy", StringComparison.Ordinal), ReadyLimit, CancellationToken.None);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }
}
