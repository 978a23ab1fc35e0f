using Etcd.Hosting.Listeners;
using Etcd.Hosting.Settings;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// etcd 3.6, feature gate SetMemberLocalAddr.
public sealed class MemberLocalAddressTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Theory]
    [InlineData("https://192.168.100.110:2380", "192.168.100.110")]
    [InlineData("https://[2001:db8::1]:2380", "2001:db8::1")]
    [InlineData("https://127.0.0.1:2380,https://[::1]:2380,https://10.0.0.7:2380", "10.0.0.7")]
    [InlineData("https://m1.example.com:2380,https://10.0.0.7:2380", "10.0.0.7")]
    [InlineData("http://localhost:2380", null)]
    [InlineData("https://0.0.0.0:2380", null)]
    [InlineData("https://[::]:2380", null)]
    public void Of_AdvertisedUrls_IsTheFirstAddressOfAMachine(string urls, string? expected) =>
        Assert.Equal(expected, Infer($"--initial-advertise-peer-urls={urls}", "--feature-gates=SetMemberLocalAddr=true"));

    [Theory]
    [InlineData("--feature-gates=SetMemberLocalAddr=false")]
    [InlineData("--feature-gates=")]
    public void Of_GateThatIsOff_IsLeftToTheSystem(string gates) =>
        Assert.Null(Infer("--initial-advertise-peer-urls=https://10.0.0.7:2380", gates));

    private static string? Infer(params string[] arguments)
    {
        MemberSettings settings = SettingsReader.Read(arguments, NoEnvironment, out IReadOnlyList<string> warnings);
        Assert.Empty(warnings);
        return MemberLocalAddress.Of(settings, new HostLog(NullLogger.Instance))?.ToString();
    }
}
