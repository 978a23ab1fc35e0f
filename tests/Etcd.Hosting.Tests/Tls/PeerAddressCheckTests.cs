using System.Net;
using System.Net.Sockets;

using Etcd.Hosting.Tls;

namespace Etcd.Hosting.Tests.Tls;

// etcd documentation, "TLS", notes for peers since 3.2: a certificate must be for where it comes from.
public sealed class PeerAddressCheckTests
{
    private static readonly IPAddress Remote = IPAddress.Parse("10.0.0.1");

    [Theory]
    [InlineData("", "")]
    [InlineData("10.0.0.1", "")]
    [InlineData("10.0.0.9", "m1.example")]
    [InlineData("", "other.example,m1.example")]
    [InlineData("", "*.example")]
    public async Task Check_CertificateForTheAddress_IsGood(string addresses, string names) =>
        Assert.Null(await CheckAsync(addresses, names));

    [Theory]
    [InlineData("10.0.0.9", "", "x509: certificate is valid for 10.0.0.9, not 10.0.0.1")]
    [InlineData("", "other.example", "tls: \"10.0.0.1\" does not match any of DNSNames [\"other.example\"]")]
    [InlineData("", "*.m1.example", "tls: \"10.0.0.1\" does not match any of DNSNames [\"*.m1.example\"]")]
    [InlineData("", "nowhere.example", "tls: \"10.0.0.1\" does not match any of DNSNames [\"nowhere.example\"] (lookup errors: lookup nowhere.example:")]
    public async Task Check_CertificateForElsewhere_IsRefusedInEtcdsWords(string addresses, string names, string expected) =>
        Assert.StartsWith(expected, await CheckAsync(addresses, names), StringComparison.Ordinal);

    [Fact]
    public async Task Check_AddressOfTheOlderFamilyInTheNewer_IsTheSame()
    {
        var check = new PeerAddressCheck(new ScriptedLookup());

        Assert.Null(await check.CheckAsync(new CertificateHosts([Remote], []), Remote.MapToIPv6(), CancellationToken.None));
    }

    private static ValueTask<string?> CheckAsync(string addresses, string names) => new PeerAddressCheck(new ScriptedLookup()).CheckAsync(
        new CertificateHosts([.. Items(addresses).Select(IPAddress.Parse)], Items(names)), Remote, CancellationToken.None);

    private static string[] Items(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>10.0.0.1 is m1.example, other.example is elsewhere, all else is unknown.</summary>
    private sealed class ScriptedLookup : INameLookup
    {
        public Task<IPAddress[]> AddressesOfAsync(string name, CancellationToken cancellationToken) => name switch
        {
            "m1.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.7"), Remote]),
            "other.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.2")]),
            _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)),
        };

        public Task<IReadOnlyList<string>> NamesOfAsync(IPAddress address, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>(["M1.Example."]);
    }
}
