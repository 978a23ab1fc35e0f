using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Testing.Certificates;

namespace Etcd.Hosting.Tests.Tls;

// Issue 5, part 3 and its "bad input": certificates of every unfit kind on the port for clients.
public sealed class ClientTlsTests
{
    private const string Rejected = "rejected connection on client endpoint";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Port_WithoutClientAuth_ServesBothProtocols()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = member.ClientOptions(null) });
        var address = new Uri($"https://{member.EndPoint}/version");

        await member.PutAsync();
        using HttpResponseMessage one = await http.SendAsync(Get(address, HttpVersion.Version11), Cancellation);
        using HttpResponseMessage two = await http.SendAsync(Get(address, HttpVersion.Version20), Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (one.StatusCode, one.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (two.StatusCode, two.Version));
        Assert.Equal(0, member.Log.TakeCount("HTTP/2 is not enabled"));
    }

    // What arrives in several pieces is still one stream of records.
    [Fact(Timeout = 60_000)]
    public async Task Port_ManyCallsOnFewConnections_AllAreAnswered()
    {
        await using TlsMember member = await WithClientAuth().StartAsync();
        TestCertificate client = member.Authority.Sign("client", TestSubject.Client);

        await member.PutManyAsync(client, connections: 4, callers: 100, callsEach: 60);

        Assert.Equal(0, member.Log.TakeCount("xception"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_WithClientAuth_LetsInWhoTheAuthoritySigned()
    {
        await using TlsMember member = await WithClientAuth().StartAsync();

        await member.PutAsync(member.Authority.Sign("client", TestSubject.Client));
    }

    public static TheoryData<string, string> UnfitCertificates() => new()
    {
        { "none", "tls: client didn't provide a certificate" },
        { "expired", "x509: certificate has expired or is not yet valid" },
        { "early", "x509: certificate has expired or is not yet valid" },
        { "wrong-use", "x509: certificate specifies an incompatible key usage" },
        { "stranger", "x509: certificate signed by unknown authority" },
        { "revoked", "transport: certificate serial" },
        { "other-name", "client certificate authentication failed" },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(UnfitCertificates))]
    public async Task Port_UnfitCertificate_IsRefusedWithOneLineThatSaysWhy(string kind, string expected)
    {
        await using TlsMember member = WithClientAuth();
        using var stranger = new TestAuthority(Path.Combine(member.DirectoryPath, "strangers"), "stranger");
        TestCertificate? shown = kind switch
        {
            "none" => null,
            "expired" => member.Authority.Sign(
                kind, TestSubject.Client with { ValidFrom = TimeSpan.FromDays(-2), ValidTo = TimeSpan.FromDays(-1) }),
            "early" => member.Authority.Sign(kind, TestSubject.Client with { ValidFrom = TimeSpan.FromDays(1), ValidTo = TimeSpan.FromDays(2) }),
            "wrong-use" => member.Authority.Sign(kind, TestSubject.Member with { ForClients = false }),
            "stranger" => stranger.Sign(kind, TestSubject.Client),
            _ => member.Authority.Sign(kind, TestSubject.Client with { Hosts = ["other.example"] }),
        };
        if (kind == "revoked")
        {
            member.Settings.ClientTls.RevocationFile = member.Authority.Revoke(shown!);
        }
        else if (kind == "other-name")
        {
            member.Settings.ClientTls.AllowedHostNames = ["client.example"];
        }

        await member.StartAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync(member, shown));

        Assert.Contains(expected, await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
        Assert.Equal(0, member.Log.TakeCount(Rejected));
    }

    // Name and serial number of an authority are no secret: a certificate made up with both is not the authority.
    [Fact(Timeout = 60_000)]
    public async Task Port_NameAndSerialNumberOfTheAuthorityCopied_IsRefused()
    {
        await using TlsMember member = await WithClientAuth().StartAsync();
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(member.Authority.File);
        using var impostor = new TestAuthority(
            Path.Combine(member.DirectoryPath, "impostor"), "ca", authority.SerialNumberBytes.ToArray());
        Assert.Equal(authority, impostor.Identity);

        await Assert.ThrowsAsync<RpcException>(() => member.PutAsync(
            change: options => options.ClientCertificateContext = SslStreamCertificateContext.Create(impostor.Identity, null, offline: true)));

        Assert.Contains(
            "x509: certificate signed by unknown authority", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_PlainClient_IsRefusedWithEtcdsWords()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        using var http = new HttpClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{member.EndPoint}/version"), Cancellation));

        string line = await member.Log.NextWithAsync(Rejected);
        Assert.Contains("tls: first record does not look like a TLS handshake", line, StringComparison.Ordinal);
        await member.PutAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_CertificateRenewed_ShowsTheNewOneToTheNextConnection()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        X509Certificate2? before = await member.PutAsync();
        TestCertificate renewed = member.Authority.Sign("renewed", TestSubject.Member with { CommonName = "renewed" });

        renewed.ReplaceFilesOf(member.Certificate);
        X509Certificate2? after = await member.PutAsync();

        Assert.Equal("CN=member", before?.Subject);
        Assert.Equal("CN=renewed", after?.Subject);
    }

    // A renewal is not atomic: between two writes, or when it went wrong, clients are served with what was good before.
    [Fact(Timeout = 60_000)]
    public async Task Port_CertificateBroken_KeepsTheLastGoodOneAndSaysSoOnce()
    {
        await using TlsMember member = await new TlsMember().StartAsync();

        await File.WriteAllTextAsync(member.Certificate.Key, "no key", Cancellation);
        await member.PutAsync();
        await member.PutAsync();

        Assert.Equal(1, member.Log.TakeCount("TLS files cannot be read"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_AuthorityAndRevocationsRenewed_CountForTheNextConnection()
    {
        await using TlsMember member = WithClientAuth();
        TestCertificate one = member.Authority.Sign("one", TestSubject.Client);
        TestCertificate two = member.Authority.Sign("two", TestSubject.Client);
        member.Settings.ClientTls.RevocationFile = member.Authority.Revoke();
        await member.StartAsync();
        await member.PutAsync(one);

        member.Authority.Revoke(one);
        await Assert.ThrowsAsync<RpcException>(() => member.PutAsync(one));
        await member.PutAsync(two);

        using var successor = new TestAuthority(Path.Combine(member.DirectoryPath, "successor"), "successor");
        File.Copy(successor.File, member.Settings.ClientTls.TrustedAuthorityFile, overwrite: true);
        await Assert.ThrowsAsync<RpcException>(() => member.PutAsync(two));
        await member.PutAsync(successor.Sign("three", TestSubject.Client));
    }

    // HTTP and metrics on ports of their own are not a way around the list.
    [Fact(Timeout = 60_000)]
    public async Task PortsOfTheirOwn_RevokedCertificate_IsRefusedThereToo()
    {
        await using TlsMember member = WithClientAuth();
        TestCertificate good = member.Authority.Sign("good", TestSubject.Client);
        TestCertificate revoked = member.Authority.Sign("revoked", TestSubject.Client);
        var http = new Uri($"https://127.0.0.1:{TlsMember.FreePort()}");
        var metrics = new Uri($"https://127.0.0.1:{TlsMember.FreePort()}");
        member.Settings.ListenClientHttpUrls = [http];
        member.Settings.ListenMetricsUrls = [metrics];
        member.Settings.ClientTls.RevocationFile = member.Authority.Revoke(revoked);
        await member.StartAsync();

        foreach (Uri address in (Uri[])[new Uri(http, "version"), new Uri(metrics, "health")])
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(member, good, address));
            await Assert.ThrowsAsync<HttpRequestException>(() => StatusAsync(member, revoked, address));
            Assert.Contains("transport: certificate serial", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_ClientThatNeverShakesHands_IsClosedInTimeAndOthersAreServed()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        using var silent = new TcpClient();
        using var halfway = new TcpClient();
        await silent.ConnectAsync((IPEndPoint)member.EndPoint, Cancellation);
        await halfway.ConnectAsync((IPEndPoint)member.EndPoint, Cancellation);
        await halfway.GetStream().WriteAsync(new byte[] { 0x16, 3, 1, 2, 0 }, Cancellation);

        await member.PutAsync();

        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1], Cancellation));
        Assert.Equal(0, await halfway.GetStream().ReadAsync(new byte[1], Cancellation));
    }

    // The HTTP stack itself waits for the rest of a preface as long as for a connection at rest: half an hour.
    [Fact(Timeout = 60_000)]
    public async Task Port_ClientThatStopsInsideThePreface_IsClosedInTimeAndOthersAreServed()
    {
        await using TlsMember member = await new TlsMember().StartAsync();
        using SslStream stalled = await ConnectAsync(member, options => options.ApplicationProtocols = [SslApplicationProtocol.Http2]);
        await stalled.WriteAsync("PRI * HTTP/2.0"u8.ToArray(), Cancellation);

        await member.PutAsync();

        Assert.Equal(0, await stalled.ReadAsync(new byte[1], Cancellation));
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_VersionsAndSuites_AreThoseOfTheSettings()
    {
        await using var member = new TlsMember();
        member.Settings.TlsVersionMax = "TLS1.2";
        member.Settings.CipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"];
        await member.StartAsync();

        using SslStream stream = await ConnectAsync(member, options => { });
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(member, options => options.EnabledSslProtocols = SslProtocols.Tls13));

        Assert.Equal(SslProtocols.Tls12, stream.SslProtocol);
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, stream.NegotiatedCipherSuite);
        Assert.Contains("tls:", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Port_VersionMinAboveTheClients_IsRefused()
    {
        await using var member = new TlsMember();
        member.Settings.TlsVersionMin = "TLS1.3";
        await member.StartAsync();

        await using SslStream stream = await ConnectAsync(member, options => { });
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(member, options => options.EnabledSslProtocols = SslProtocols.Tls12));

        Assert.Equal(SslProtocols.Tls13, stream.SslProtocol);
        Assert.Contains("tls:", await member.Log.NextWithAsync(Rejected), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task AutoTls_MakesACertificateAndKeepsIt()
    {
        await using var member = new TlsMember();
        member.Settings.ClientTls = new TlsSettings { IsAutomatic = true };
        member.Settings.SelfSignedValidityYears = 3;
        await member.StartAsync();

        X509Certificate2? shown = await member.PutAsync(change: options => TrustAnything(options));

        string file = Path.Combine(member.Settings.DataDirectory, "fixtures", "client", "cert.pem");
        using X509Certificate2 kept = X509CertificateLoader.LoadCertificateFromFile(file);
        Assert.InRange(kept.NotAfter, DateTime.Now.AddDays((3 * 365) - 1), DateTime.Now.AddDays((3 * 365) + 1));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Null(shown);
    }

    [Fact(Timeout = 60_000)]
    public async Task UnixSocketWithTls_ServesClients()
    {
        await using var member = new TlsMember();
        string path = Path.Combine(member.DirectoryPath, "s");
        member.Settings.ListenClientUrls = [new Uri($"unixs://{path}")];
        await File.WriteAllTextAsync(path, "left behind by a killed member", Cancellation);
        await member.StartAsync();

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancellation);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(member.ClientOptions(null), Cancellation);

        await stream.WriteAsync("GET /version HTTP/1.0\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 200", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal);
    }

    private static TlsMember WithClientAuth()
    {
        var member = new TlsMember();
        member.Settings.ClientTls.ClientCertificatesDemanded = true;
        member.Settings.ClientTls.TrustedAuthorityFile = Path.Combine(member.DirectoryPath, "trusted.pem");
        File.Copy(member.Authority.File, member.Settings.ClientTls.TrustedAuthorityFile);
        return member;
    }

    private static async Task<HttpStatusCode> StatusAsync(TlsMember member, TestCertificate client, Uri address)
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = member.ClientOptions(client) });
        using HttpResponseMessage reply = await http.GetAsync(address, Cancellation);
        return reply.StatusCode;
    }

    private static HttpRequestMessage Get(Uri address, Version version) =>
        new(HttpMethod.Get, address) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private static void TrustAnything(SslClientAuthenticationOptions options) =>
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;

    // With TLS 1.3 the client has shaken hands before the server looks at its certificate: it learns of the refusal when it reads.
    private static async Task ReadAsync(TlsMember member, TestCertificate? shown)
    {
        await using SslStream stream = await ConnectAsync(
            member, options => options.ClientCertificateContext = member.ClientOptions(shown).ClientCertificateContext);
        Assert.NotEqual(0, await stream.ReadAsync(new byte[1], Cancellation));
    }

    private static async Task<SslStream> ConnectAsync(TlsMember member, Action<SslClientAuthenticationOptions> change)
    {
        SslClientAuthenticationOptions options = member.ClientOptions(null);
        change(options);
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)member.EndPoint, Cancellation);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(options, Cancellation);
        return stream;
    }
}
