using Etcd.Api.Services;
using Etcd.Grpc.Server.Health;

namespace Etcd.Api.Tests.Services;

// etcd: --experimental-stop-grpc-service-on-defrag.
public sealed class DefragmentationHealthTests
{
    private readonly List<RpcServingStatus> _told = [];

    [Fact]
    public void During_Overlapping_ServesAgainWhenTheLastHasEnded()
    {
        var health = new DefragmentationHealth(_told.Add, isWanted: true);

        RpcServingStatus between = health.During(() =>
        {
            health.During(() => 0);
            return _told[^1];
        });

        Assert.Equal(RpcServingStatus.NotServing, between);
        Assert.Equal(RpcServingStatus.Serving, _told[^1]);
    }

    [Fact]
    public void During_ItFails_ServesAgain()
    {
        var health = new DefragmentationHealth(_told.Add, isWanted: true);

        Assert.Throws<IOException>(() => health.During<int>(() => throw new IOException("the disk is full")));

        Assert.Equal([RpcServingStatus.NotServing, RpcServingStatus.Serving], _told);
    }

    [Fact]
    public void During_NotWanted_SaysNothing()
    {
        var health = new DefragmentationHealth(_told.Add, isWanted: false);

        health.During(() => 0);

        Assert.Empty(_told);
    }
}
