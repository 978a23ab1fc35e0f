using Etcd.V2.Paths;

namespace Etcd.V2.Tests;

public sealed class KeyPathTests
{
    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("a", "/a")]
    [InlineData("/a/", "/a")]
    [InlineData("//a///b//", "/a/b")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/../../b", "/b")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/b", "/a/b")]
    public void Clean_AnyText_IsAPath(string path, string clean) => Assert.Equal(clean, KeyPath.Clean(path));

    [Theory]
    [InlineData("/", "/a", false)]
    [InlineData("/", "/_a", true)]
    [InlineData("/", "/a/_b/c", true)]
    [InlineData("/_a", "/_a/b", false)]
    [InlineData("/_a", "/_a/_b", true)]
    [InlineData("/a", "/a/b_", false)]
    [InlineData("/a/b", "/a", false)]
    public void IsHiddenFrom_FollowsTheSegmentsBelowTheWatcher(string watch, string key, bool hidden) =>
        Assert.Equal(hidden, KeyPath.IsHiddenFrom(watch, key));
}
