using System.Net;
using System.Net.Security;
using System.Net.Sockets;

using Etcd.Hosting.Settings;
using Etcd.Testing.Certificates;

namespace Etcd.Hosting.Tests.Tls;

// Issue 5, part 3: who may speak on the port for peers.
public sealed class PeerTlsTests
{
    private const string Rejected = "rejected connection on peer endpoint";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task PeerPort_MembersCertificate_IsLetIn()
    {
        await using TlsMember member = await WithPeerTls(tls => { }).StartAsync();

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, member.Certificate), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("nobody", "tls: client didn't provide a certificate")]
    [InlineData("other-name", "client certificate authentication failed")]
    [InlineData("elsewhere", "x509: certificate is valid for 10.0.0.1, not 127.0.0.1")]
    public async Task PeerPort_StrangerOrWrongName_IsRefusedWithOneLine(string kind, string expected)
    {
        await using TlsMember member = WithPeerTls(tls => tls.AllowedCommonNames = ["member"]);
        TestCertificate? shown = kind switch
        {
            "nobody" => null,
            "elsewhere" => member.Authority.Sign(kind, TestSubject.Member with { Hosts = ["10.0.0.1"] }),
            _ => member.Authority.Sign(kind, TestSubject.Member with { CommonName = kind }),
        };
        await member.StartAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(member, shown));

        Assert.Contains(expected, await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
        Assert.Equal(0, member.Log.TakeCount(Rejected));
    }

    [Fact(Timeout = 60_000)]
    public async Task PeerPort_SkippingTheNameCheck_LetsInFromElsewhere()
    {
        await using TlsMember member = WithPeerTls(tls => tls.SkipsClientNameCheck = true);
        TestCertificate elsewhere = member.Authority.Sign("elsewhere", TestSubject.Member with { Hosts = ["10.0.0.1"] });
        await member.StartAsync();

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, elsewhere), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task PeerPort_AllowedHostName_IsDemanded()
    {
        await using TlsMember member = WithPeerTls(tls => tls.AllowedHostNames = ["one.example", "two.example"]);
        TestCertificate allowed = member.Authority.Sign("allowed", TestSubject.Member with { Hosts = ["127.0.0.1", "two.example"] });
        TestCertificate other = member.Authority.Sign("other", TestSubject.Member with { CommonName = "one.example", Hosts = ["127.0.0.1", "three.example"] });
        await member.StartAsync();

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, allowed), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(member, other));

        Assert.Contains("client certificate authentication failed", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task PeerPort_AuthorityAndRevocationsRenewed_CountForTheNextConnection()
    {
        await using TlsMember member = WithPeerTls(_ => { });
        TlsSettings tls = member.Settings.PeerTls;
        tls.TrustedAuthorityFile = Path.Combine(member.DirectoryPath, "trusted.pem");
        File.Copy(member.Authority.File, tls.TrustedAuthorityFile);
        TestCertificate one = member.Authority.Sign("one", TestSubject.Member);
        TestCertificate two = member.Authority.Sign("two", TestSubject.Member);
        tls.RevocationFile = member.Authority.Revoke();
        await member.StartAsync();
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, one), StringComparison.Ordinal);

        member.Authority.Revoke(one);
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(member, one));
        Assert.Contains("transport: certificate serial", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, two), StringComparison.Ordinal);

        using var successor = new TestAuthority(Path.Combine(member.DirectoryPath, "successor"), "successor");
        File.Copy(successor.File, tls.TrustedAuthorityFile, overwrite: true);
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(member, two));
        Assert.Contains("x509: certificate signed by unknown authority", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(member, successor.Sign("three", TestSubject.Member)), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task PlainPort_TlsClient_IsRefusedAndOthersAreServed()
    {
        await using var member = new TlsMember();
        member.Settings.ListenClientUrls = [new Uri("http://127.0.0.1:0")];
        await member.StartAsync();
        using var http = new HttpClient();

        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)member.EndPoint, Cancellation);
        await using var stream = new SslStream(client.GetStream());
        await Assert.ThrowsAnyAsync<Exception>(() => stream.AuthenticateAsClientAsync(member.ClientOptions(null), Cancellation));

        Assert.Contains("client sent a TLS handshake", await member.Log.NextWithAsync("rejected connection from"), StringComparison.Ordinal);
        using HttpResponseMessage reply = await http.GetAsync(new Uri($"http://{member.EndPoint}/version"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    private static TlsMember WithPeerTls(Action<TlsSettings> change)
    {
        var member = new TlsMember();
        var url = new Uri($"https://127.0.0.1:{TlsMember.FreePort()}");
        MemberSettings settings = member.Settings;
        settings.ListenPeerUrls = [url];
        settings.AdvertisePeerUrls = [url];
        settings.InitialCluster = $"default={url.OriginalString}";
        settings.PeerTls = new TlsSettings
        {
            CertificateFile = member.Certificate.Certificate,
            KeyFile = member.Certificate.Key,
            TrustedAuthorityFile = member.Authority.File,
        };
        change(settings.PeerTls);
        return member;
    }

    private static async Task<string> AskAsync(TlsMember member, TestCertificate? shown)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, member.Settings.ListenPeerUrls[0].Port, Cancellation);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(member.ClientOptions(shown), Cancellation);
        await stream.WriteAsync("GET /version HTTP/1.0\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(Cancellation) ?? throw new IOException("closed without an answer");
    }
}
