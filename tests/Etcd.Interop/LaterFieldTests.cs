using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop;

/// <summary>Fields that etcd has had in its replies since 3.6, which real etcd 3.5 cannot be compared over.</summary>
public sealed class LaterFieldTests : IDisposable
{
    private const long QuotaBytes = 64 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Maintenance_FieldsOf36_AreFilled()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = _directory.File("data"), Flags = [$"--quota-backend-bytes={QuotaBytes}"] },
            TestContext.Current.CancellationToken);
        await using var connection = new EtcdConnection(server);
        for (int put = 0; put < 3; put++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = ByteString.CopyFromUtf8("k") });
        }

        StatusResponse status = await connection.CallAsync(EtcdMethods.Status, new StatusRequest());
        HashKVResponse latest = await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
        HashKVResponse earlier = await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest { Revision = 2 });
        await connection.CallAsync(
            EtcdMethods.Downgrade, new DowngradeRequest { Action = DowngradeRequest.Types.DowngradeAction.Enable, Version = "3.4" });
        StatusResponse downgrading = await connection.CallAsync(EtcdMethods.Status, new StatusRequest());

        Assert.Equal(("3.5.0", QuotaBytes), (status.StorageVersion, status.DbSizeQuota));
        Assert.Equal(new DowngradeInfo(), status.DowngradeInfo);
        Assert.Equal((4, 2), (latest.HashRevision, earlier.HashRevision));
        Assert.Equal(new DowngradeInfo { Enabled = true, TargetVersion = "3.4.0" }, downgrading.DowngradeInfo);
        Assert.Equal("3.5.0", await SnapshotVersionAsync(connection));
    }

    private static async Task<string> SnapshotVersionAsync(EtcdConnection connection)
    {
        using RpcStreamCall<SnapshotRequest, SnapshotResponse> call = await connection.StreamAsync(EtcdMethods.Snapshot);
        await call.WriteAsync(new SnapshotRequest(), TestContext.Current.CancellationToken);
        Assert.True(await call.MoveNextAsync(TestContext.Current.CancellationToken));
        return call.Current.Version;
    }
}
