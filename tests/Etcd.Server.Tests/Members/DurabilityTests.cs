using System.Collections.Concurrent;
using System.Globalization;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

// What etcd promises first: a write that was acknowledged survives, and a transaction is there whole or not at all.
public sealed class DurabilityTests
{
    private const int Writers = 4;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 8).Select(seed => (ulong)seed)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task PowerLoss_UnderLoad_KeepsEveryAcknowledgedWrite(ulong seed)
    {
        var disk = new SimulatedFileSystem(seed);
        var acknowledged = new ConcurrentDictionary<int, int>();
        SimulatedFileSystem afterwards;
        Dictionary<int, int> promised;
        ServerOptions options = TestMember.Options with { SnapshotCount = 40, BackendBatchInterval = TimeSpan.FromMilliseconds(1) };
        await using (TestMember member = await TestMember.StartAsync(disk, options))
        {
            using var stop = new CancellationTokenSource();
            Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => WriteAsync(member, writer, acknowledged, stop.Token))];
            await ReachedAsync(acknowledged, rounds: 20 + (int)(seed * 7), writers);

            // What was acknowledged before the power went is promised; what comes after may or may not be there.
            promised = acknowledged.ToDictionary();
            afterwards = disk.AfterPowerLoss(seed);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        await using TestMember recovered = await TestMember.StartAsync(afterwards, options);

        foreach ((int writer, int round) in promised)
        {
            string? left = await recovered.GetAsync($"left-{writer}");
            Assert.Equal(left, await recovered.GetAsync($"right-{writer}"));
            Assert.InRange(int.Parse(left!, CultureInfo.InvariantCulture), round, int.MaxValue);
        }

        long revision = recovered.Server.Headers.Create().Revision;
        Assert.Equal(revision + 1, await recovered.PutAsync("after", "1"));
    }

    // Incident #14370: a single member acknowledged a write before its entry was synced.
    [Fact]
    public async Task Put_LogCannotBeSynced_IsNotAcknowledgedAndTheMemberStops()
    {
        var disk = new SimulatedFileSystem();
        await using TestMember member = await TestMember.StartAsync(disk);
        await member.PutAsync("a", "1");

        disk.BeforeOperation = operation =>
        {
            if (operation.Path.EndsWith(".wal", StringComparison.Ordinal))
            {
                throw new IOException("the disk does not answer");
            }
        };

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => member.PutAsync("a", "2"));
        Assert.Equal(EtcdErrorCode.Stopped, refusal.Code);
        Assert.NotNull(await member.Server.Termination);
    }

    private static async Task WriteAsync(
        TestMember member, int writer, ConcurrentDictionary<int, int> acknowledged, CancellationToken stop)
    {
        for (int round = 1; !stop.IsCancellationRequested; round++)
        {
            ByteString value = ByteString.CopyFromUtf8(round.ToString(CultureInfo.InvariantCulture));
            var txn = new TxnRequest();
            txn.Success.Add(Put($"left-{writer}", value));
            txn.Success.Add(Put($"right-{writer}", value));
            await member.Server.KeyValues.TxnAsync(txn, CancellationToken.None);
            acknowledged[writer] = round;
        }
    }

    private static RequestOp Put(string key, ByteString value) =>
        new() { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = value } };

    private static async Task ReachedAsync(ConcurrentDictionary<int, int> acknowledged, int rounds, Task[] writers)
    {
        while (acknowledged.Count < Writers || acknowledged.Values.Max() < rounds)
        {
            // A writer that failed would never get there.
            await Task.WhenAll(writers.Where(writer => writer.IsCompleted));
            await Task.Yield();
        }
    }
}
