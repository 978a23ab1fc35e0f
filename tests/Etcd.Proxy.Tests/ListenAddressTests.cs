using System.Net;
using System.Net.Sockets;

using Etcd.Proxy.Programs;

namespace Etcd.Proxy.Tests;

// --listen-addr takes what Go's net.Listen takes.
public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("[::1]:1", "[::1]:1")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("both.example:1", "10.0.0.1:1")]
    [InlineData("new.example:1", "[fd00::2]:1")]
    public void Parse_Host_IsItsAddress(string text, string expected) => Assert.Equal(expected, ListenAddress.Parse(text, Resolve).ToString());

    [Fact]
    public void Parse_NoHost_IsEveryAddressOfBothFamilies()
    {
        IPAddress every = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

        Assert.Equal(new IPEndPoint(every, 23790), ListenAddress.Parse(":23790"));
    }

    [Fact]
    public void Parse_UnknownHost_IsToldInGosWords()
    {
        IOException unknown = Assert.Throws<IOException>(() => ListenAddress.Parse("nowhere.example:1", Resolve));

        Assert.Equal("listen tcp: lookup nowhere.example: no such host", unknown.Message);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    public void Parse_NoPort_IsRefused(string text) => Assert.Throws<FormatException>(() => ListenAddress.Parse(text, Resolve));

    private static IPAddress[] Resolve(string host) => host switch
    {
        "localhost" => [IPAddress.IPv6Loopback, IPAddress.Loopback],
        "both.example" => [IPAddress.Parse("fd00::1"), IPAddress.Parse("10.0.0.1")],
        "new.example" => [IPAddress.Parse("fd00::2"), IPAddress.Parse("fd00::3")],
        _ => throw new SocketException((int)SocketError.HostNotFound),
    };
}
