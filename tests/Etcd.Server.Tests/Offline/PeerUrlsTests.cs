using Etcd.Server.Offline;

namespace Etcd.Server.Tests.Offline;

/// <summary>Percent signs in the host of a peer URL, by the rules of Go's library.</summary>
public sealed class PeerUrlsTests
{
    // RFC 6874: the link of an address that is valid on one link only.
    [Theory]
    [InlineData("http://[fe80::1%25eth0]:2380")]
    [InlineData("http://b%C3%BCro:2380")]
    public void Read_EscapeThatAHostMayHave_IsTaken(string url) => Assert.Equal([url], PeerUrls.Read(url));

    [Theory]
    [InlineData("http://[fe80::1%eth0]:2380", "%et")]
    [InlineData("http://a%41:2380", "%41")]
    [InlineData("http://b%C3%BCro%4:2380", "%4:")]
    public void Read_AnotherEscape_IsRefused(string url, string escape) => Assert.Equal(
        $"parse \"{url}\": invalid URL escape \"{escape}\"", Assert.Throws<OfflineException>(() => PeerUrls.Read(url)).Message);
}
