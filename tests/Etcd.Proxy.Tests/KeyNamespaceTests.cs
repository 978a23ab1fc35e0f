using Etcd.Grpc;
using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class KeyNamespaceTests
{
    [Theory]
    [InlineData("a/", "k", "a/k")]
    [InlineData("a/", "", "a/")]
    [InlineData("", "k", "k")]
    public void Outward_Key_GetsThePrefix(string prefix, string key, string expected) =>
        Assert.Equal(expected, Namespace(prefix).Outward(ByteString.CopyFromUtf8(key)).ToStringUtf8());

    // The cluster would take the prefix itself for the key.
    [Fact]
    public void OutwardKey_EmptyKey_IsRefusedAsTheClusterRefusesIt()
    {
        RpcException refusal = Assert.Throws<RpcException>(() => Namespace("a/").OutwardKey(ByteString.Empty));

        Assert.Equal((RpcStatusCode.InvalidArgument, "etcdserver: key is not provided"), (refusal.Code, refusal.Message));
        Assert.Equal("a/k", Namespace("a/").OutwardKey(ByteString.CopyFromUtf8("k")).ToStringUtf8());
        Assert.Empty(Namespace("").OutwardKey(ByteString.Empty));
    }

    [Theory]
    [InlineData("a/", "b", "a/b")]
    [InlineData("a/", "", "")]
    [InlineData("a/", "\0", "a0")]
    [InlineData("", "\0", "\0")]
    public void OutwardEnd_EndOfARange_StaysInTheNamespace(string prefix, string end, string expected) =>
        Assert.Equal(expected, Namespace(prefix).OutwardEnd(ByteString.CopyFromUtf8(end)).ToStringUtf8());

    [Fact]
    public void OutwardEnd_PrefixOfHighestBytes_EndsWithAllKeys()
    {
        var highest = new KeyNamespace(ByteString.CopyFrom(0xff, 0xff));

        Assert.Equal(ByteString.CopyFrom(0), highest.OutwardEnd(ByteString.CopyFrom(0)));
    }

    [Fact]
    public void Inward_KeyOfTheNamespace_LosesThePrefix() =>
        Assert.Equal("k", Namespace("a/").Inward(ByteString.CopyFromUtf8("a/k")).ToStringUtf8());

    private static KeyNamespace Namespace(string prefix) => new(ByteString.CopyFromUtf8(prefix));
}
