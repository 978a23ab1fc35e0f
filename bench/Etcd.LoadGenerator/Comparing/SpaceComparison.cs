using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Etcd.Grpc;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>A large database of which most is deleted and compacted away: length of the file over time, and what puts at a fixed rate
/// wait meanwhile. Ours gives the space back by itself; etcd, and ours with that switched off, are told to defragment.</summary>
internal static class SpaceComparison
{
    private const int ValueBytes = 100_000;
    private const int KeysPerTxn = 10;
    private const int DeletedPerTxn = 100;
    private const int PutClients = 4;
    private static readonly TimeSpan PutInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BaselineDuration = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LimitDuration = TimeSpan.FromSeconds(60);

    private static readonly RpcMethod<TxnRequest, TxnResponse> Txn = new("etcdserverpb.KV", "Txn", TxnResponse.Parser);
    private static readonly RpcMethod<CompactionRequest, CompactionResponse> Compact = new("etcdserverpb.KV", "Compact", CompactionResponse.Parser);
    private static readonly RpcMethod<DefragmentRequest, DefragmentResponse> Defragment =
        new("etcdserverpb.Maintenance", "Defragment", DefragmentResponse.Parser);

    private static readonly RpcCallOptions Bounded = new() { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Runs all of them one after the other.</summary>
    /// <param name="dataRoot">Directory on the disk to measure with.</param>
    /// <param name="databaseBytes">Bytes of values to write before most of them are deleted.</param>
    /// <returns>The report.</returns>
    public static async Task<string> RunAsync(string dataRoot, long databaseBytes)
    {
        int keys = (int)(databaseBytes / ValueBytes);
        int[] oldest = [.. Enumerable.Range(0, keys / 5 * 4)];
        int[] scattered = [.. Enumerable.Range(0, keys).Where(key => key % 5 != 0)];
        List<SpaceResult> results =
        [
            await MeasureAsync("oldest: ours, by itself", ServerKind.Ours, dataRoot, keys, oldest, defragments: false),
            await MeasureAsync(
                "oldest: ours, switched off, `Defragment`", ServerKind.Ours, dataRoot, keys, oldest, defragments: true, "--backend-reclaim-bytes-per-second=0"),
            await MeasureAsync("oldest: etcd 3.5, `Defragment`", ServerKind.Real35, dataRoot, keys, oldest, defragments: true),
            await MeasureAsync("scattered: ours, by itself", ServerKind.Ours, dataRoot, keys, scattered, defragments: false),
            await MeasureAsync("scattered: ours, switched off", ServerKind.Ours, dataRoot, keys, scattered, defragments: false, "--backend-reclaim-bytes-per-second=0"),
            await MeasureAsync("scattered: etcd 3.5, `Defragment`", ServerKind.Real35, dataRoot, keys, scattered, defragments: true),
        ];
        return Write(results, databaseBytes);
    }

    private static async Task<SpaceResult> MeasureAsync(
        string name, ServerKind kind, string dataRoot, int keys, int[] deleted, bool defragments, params string[] flags)
    {
        string directory = Path.Combine(dataRoot, $"space-{Guid.NewGuid():N}");

        // What the one before has left to be written, or to be taken off the disk, does not fall on this one.
        await DiskSettling.AwaitAsync();
        try
        {
            await using EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions
            {
                Kind = kind,
                DataDirectory = directory,
                Flags = ["--quota-backend-bytes", "8589934592", .. flags],
            });
            await using var bulk = new RpcChannel(RpcAddress.Parse(server.Endpoint));
            await using var paced = new RpcChannel(RpcAddress.Parse(server.Endpoint));
            await FillAsync(bulk, keys);
            var puts = new PacedPuts(paced, PutClients, PutInterval, valueBytes: 256);
            using var stop = new CancellationTokenSource();
            Task running = puts.RunAsync(stop.Token);
            await Task.Delay(TimeSpan.FromSeconds(2));
            puts.TakeLatencies();
            await Task.Delay(BaselineDuration);
            PutTimes before = PutTimes.Of(puts.TakeLatencies());
            await DeleteAsync(bulk, deleted);

            puts.TakeLatencies();
            var sizes = new List<(TimeSpan At, long FileBytes)>();
            TimeSpan took = await WatchFileAsync(
                Path.Combine(directory, "member", "snap", "db"), sizes, defragments ? bulk.UnaryAsync(Defragment, new DefragmentRequest(), Bounded) : null);
            PutTimes during = PutTimes.Of(puts.TakeLatencies());
            await stop.CancelAsync();
            await running;
            return new SpaceResult(name, before, during, took, sizes);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task FillAsync(RpcChannel channel, int keys)
    {
        byte[] value = new byte[ValueBytes];
        for (int first = 0; first < keys; first += KeysPerTxn)
        {
            Random.Shared.NextBytes(value);
            var txn = new TxnRequest();
            txn.Success.Add(Enumerable.Range(first, KeysPerTxn).Select(
                key => new RequestOp { RequestPut = new PutRequest { Key = KeyOf(key), Value = ByteString.CopyFrom(value) } }));
            await channel.UnaryAsync(Txn, txn, Bounded);
        }
    }

    /// <summary>Deletes keys, and compacts them away.</summary>
    private static async Task DeleteAsync(RpcChannel channel, int[] keys)
    {
        long revision = 0;
        foreach (int[] part in keys.Chunk(DeletedPerTxn))
        {
            var txn = new TxnRequest();
            txn.Success.Add(part.Select(key => new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = KeyOf(key) } }));
            revision = (await channel.UnaryAsync(Txn, txn, Bounded)).Header.Revision;
        }

        await channel.UnaryAsync(Compact, new CompactionRequest { Revision = revision, Physical = true }, Bounded);
    }

    /// <summary>Notes the length of the file until a defragmentation is over, or else until it has not changed for three seconds.</summary>
    private static async Task<TimeSpan> WatchFileAsync(string path, List<(TimeSpan At, long FileBytes)> sizes, Task? defragmentation)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan changedAt = TimeSpan.Zero;
        while (true)
        {
            TimeSpan now = Stopwatch.GetElapsedTime(started);
            long bytes = new FileInfo(path).Length;
            if (sizes.Count > 0 && sizes[^1].FileBytes != bytes)
            {
                changedAt = now;
            }

            sizes.Add((now, bytes));
            bool isOver = defragmentation is null
                ? now - changedAt > TimeSpan.FromSeconds(3)
                : defragmentation.IsCompleted && now - changedAt > TimeSpan.FromSeconds(1);
            if (isOver || now > LimitDuration)
            {
                await (defragmentation ?? Task.CompletedTask);
                return changedAt;
            }

            await Task.Delay(SampleInterval);
        }
    }

    private static ByteString KeyOf(int key) => ByteString.CopyFromUtf8(string.Create(CultureInfo.InvariantCulture, $"space/{key:D8}"));

    private static string Write(List<SpaceResult> results, long databaseBytes)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.");
        Line($"{databaseBytes >> 20} MiB in values of {ValueBytes} bytes, four of five (the oldest, or scattered ones) deleted and compacted; {PutClients} clients put 256 bytes every {PutInterval.TotalMilliseconds} ms each, timed from when a put was due.");
        Line($"");
        Line($"| | puts before: p50, p99, longest ms | puts meanwhile: p50, p99, longest ms | file at the compaction's end, MiB | at the end, MiB | after s |");
        Line($"|---|---|---|--:|--:|--:|");
        foreach (SpaceResult result in results)
        {
            Line($"| {result.Name} | {Show(result.Before)} | {Show(result.During)} | {result.Sizes[0].FileBytes >> 20} | {result.Sizes[^1].FileBytes >> 20} | {result.Took.TotalSeconds:F1} |");
        }

        Line($"");
        Line($"Length of the file in MiB, seconds after the compaction:");
        Line($"");
        int[] seconds = [0, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45];
        Line($"| | {string.Join(" | ", seconds.Select(second => $"{second} s"))} |");
        Line($"|---|{string.Concat(seconds.Select(_ => "--:|"))}");
        foreach (SpaceResult result in results)
        {
            Line($"| {result.Name} | {string.Join(" | ", seconds.Select(second => $"{SizeAt(result, second) >> 20}"))} |");
        }

        return text.ToString();
    }

    private static string Show(PutTimes times) => string.Create(
        CultureInfo.InvariantCulture, $"{times.Median.TotalMilliseconds:F1}, {times.P99.TotalMilliseconds:F1}, {times.Longest.TotalMilliseconds:F0}");

    // What was seen last before; after the end it stays.
    private static long SizeAt(SpaceResult result, int second) =>
        result.Sizes.Last(sample => sample.At <= TimeSpan.FromSeconds(second) || sample == result.Sizes[0]).FileBytes;
}
