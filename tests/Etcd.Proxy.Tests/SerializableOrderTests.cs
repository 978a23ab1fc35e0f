using Etcd.Proxy.Kv;

namespace Etcd.Proxy.Tests;

public sealed class SerializableOrderTests
{
    [Fact]
    public void TryShow_OlderThanWhatWasShown_IsRefused()
    {
        var order = new SerializableOrder();

        Assert.True(order.TryShow(5));
        Assert.False(order.TryShow(4));
        Assert.True(order.TryShow(5));
        Assert.True(order.TryShow(6));
        Assert.False(order.TryShow(5));
    }
}
