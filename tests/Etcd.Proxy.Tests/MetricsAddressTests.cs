using Etcd.Proxy.Programs;

namespace Etcd.Proxy.Tests;

public sealed class MetricsAddressTests
{
    [Fact]
    public void Parse_Empty_IsNoPort() => Assert.Null(MetricsAddress.Parse(string.Empty, clientTls: null));

    [Theory]
    [InlineData("http://127.0.0.1:80", "127.0.0.1:80")]
    [InlineData("http://[::1]:2381/metrics", "[::1]:2381")]
    public void Parse_Http_IsHostAndPortInClearText(string text, string expected)
    {
        MetricsAddress address = MetricsAddress.Parse(text, clientTls: null)!;

        Assert.Equal((expected, null), (address.EndPoint.ToString(), address.Tls));
    }

    [Theory]
    [InlineData("127.0.0.1:2381")]
    [InlineData("localhost:2381")]
    [InlineData("ftp://127.0.0.1:2381")]
    [InlineData("unix://file:1")]
    public void Parse_OtherSchemes_AreRefused(string text) => Assert.Throws<FormatException>(() => MetricsAddress.Parse(text, clientTls: null));
}
