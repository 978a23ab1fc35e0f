using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Faults;

/// <summary>A server whose disk fills up stops with one clear line and has lost nothing that it acknowledged.</summary>
public class FullDiskTests
{
    // Room for a log segment with its successor under preparation, and some megabytes of the store.
    private const int SmallMebibytes = 170;
    private const int RoomyMebibytes = 400;

    [Fact]
    public async Task Server_DiskFillsUp_StopsClearlyAndKeepsAcknowledgedWrites()
    {
        await using SmallDisk? disk = await SmallDisk.TryMountAsync(SmallMebibytes);
        Assert.SkipWhen(disk is null, "this user may not mount a small disk");
        var options = new EtcdServerOptions { DataDirectory = Path.Combine(disk.Path, "data") };
        long acknowledged;
        await using (EtcdServer server = await EtcdServer.StartAsync(options, TestContext.Current.CancellationToken))
        {
            acknowledged = await WriteUntilRefusedAsync(server);
            int exitCode = await server.WaitForExitAsync();

            Assert.NotEqual(0, exitCode);
            Assert.Contains(server.Log.Lines, line => line.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)
                && line.Contains("\"level\":\"fatal\"", StringComparison.Ordinal));
            Assert.DoesNotContain(server.Log.Lines, line => line.Contains("Unhandled exception", StringComparison.Ordinal));
        }

        await disk.ResizeAsync(RoomyMebibytes);
        await using EtcdServer restarted = await EtcdServer.StartAsync(options, TestContext.Current.CancellationToken);
        await using var connection = new EtcdConnection(restarted);
        RangeResponse there = await connection.CallAsync(EtcdMethods.Range, new RangeRequest
        {
            Key = ByteString.CopyFrom(0),
            RangeEnd = ByteString.CopyFrom(0),
            KeysOnly = true,
        });

        Assert.True(acknowledged > 0);
        Assert.InRange(there.Count, acknowledged, acknowledged + 1);
    }

    private static async Task<long> WriteUntilRefusedAsync(EtcdServer server)
    {
        const int PutsMax = 5000;
        await using var connection = new EtcdConnection(server);
        ByteString value = UnsafeByteOperations.UnsafeWrap(new byte[200_000]);
        for (int number = 0; number < PutsMax; number++)
        {
            try
            {
                await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = ByteString.CopyFromUtf8($"{number:D8}"), Value = value });
            }
            catch (RpcException)
            {
                return number;
            }
        }

        throw new InvalidOperationException("the disk never filled up");
    }
}
