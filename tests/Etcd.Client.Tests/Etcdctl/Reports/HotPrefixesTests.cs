using System.Text;
using Etcdctl.Top;

namespace Etcd.Client.Tests.Etcdctl.Reports;

public class HotPrefixesTests
{
    [Theory]
    [InlineData("plain", 1, "plain")]
    [InlineData("a/b/c", 1, "a/")]
    [InlineData("a/b/c", 2, "a/b/")]
    [InlineData("a/b/c", 3, "a/b/")]
    [InlineData("/registry/pods/x", 1, "/registry/")]
    [InlineData("/registry/pods/x", 2, "/registry/pods/")]
    [InlineData("/x", 1, "/x")]
    public async Task PrefixOf_AKey_HasSoManyParts(string key, int depth, string expected)
    {
        await using EtcdClient client = new("127.0.0.1:1");

        Assert.Equal(expected, new HotPrefixes(client, depth).PrefixOf(Encoding.UTF8.GetBytes(key)));
    }
}
