using Etcd.Hosting.Discovery;

namespace Etcd.Hosting.Tests.Discovery;

// The key layout of etcd 3.6, which joins the parts as a path.
public sealed class V3DiscoveryKeysTests
{
    [Theory]
    [InlineData("9f2c", "/_etcd/registry/9f2c")]
    [InlineData("a/b", "/_etcd/registry/a/b")]
    [InlineData("/a//b/", "/_etcd/registry/a/b")]
    [InlineData("./a/../b", "/_etcd/registry/b")]
    [InlineData("../../../a", "/a")]
    public void Keys_OfAToken_StandBelowItsCleanedPath(string token, string expected)
    {
        var keys = new V3DiscoveryKeys(token);

        Assert.Equal([$"{expected}/_config/size", $"{expected}/members/", $"{expected}/members/8e9e"], [keys.Size, keys.Members, keys.Member("8e9e")]);
    }
}
