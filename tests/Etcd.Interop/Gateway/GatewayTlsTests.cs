using Etcd.Interop.Tls;
using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Gateway;

/// <summary>The gateway on a port that demands certificates, on this server and on real etcd 3.5.</summary>
public sealed class GatewayTlsTests : IDisposable
{
    private const string NotTheUser = "CommonName of client sending a request against gateway will be ignored and not used as expected\n400";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // CVE-2018-16886: whoever shows a name means to be that user, and through the gateway would not be. Told, once users count.
    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Gateway_ClientCertificateWithAName_IsRefusedWhileUsersCount(ServerKind kind)
    {
        using var authority = new TestAuthority(_directory.File("certs"));
        await using var cluster = new TlsCluster(_directory, authority, [kind]);
        await cluster.StartAsync();
        EtcdServer member = cluster.Members[0];
        TestCertificate named = authority.Sign("named", TestSubject.Client with { CommonName = "root" });
        TestCertificate nameless = authority.Sign("nameless", TestSubject.Client with { CommonName = "" });

        async Task<string> PostAsync(TestCertificate client, string path, string body, params string[] options) =>
            (await new Command("/usr/bin/curl",
            [
                "--silent", "--show-error", "--max-time", "10", "--http1.1", "--write-out", "%{http_code}", "--cacert", authority.File,
                "--cert", client.Certificate, "--key", client.Key, "--request", "POST", $"https://{member.Endpoint}{path}", "--data", body, .. options,
            ]).RunAsync(Cancellation)).MustSucceed().Output;

        string written = await PostAsync(named, "/v3/kv/put", """{"key":"YQ==","value":"YQ=="}""");
        await PostAsync(named, "/v3/auth/user/add", """{"name":"root","password":"pw"}""");
        await PostAsync(named, "/v3/auth/role/add", """{"name":"root"}""");
        await PostAsync(named, "/v3/auth/user/grant", """{"user":"root","role":"root"}""");
        await PostAsync(named, "/v3/auth/enable", "{}");
        string byName = await PostAsync(named, "/v3/kv/range", """{"key":"YQ=="}""");
        string byNameEarlier = await PostAsync(named, "/v3beta/kv/range", """{"key":"YQ=="}""");
        string byNobody = await PostAsync(nameless, "/v3/kv/range", """{"key":"YQ=="}""");
        string login = await PostAsync(nameless, "/v3/auth/authenticate", """{"name":"root","password":"pw"}""");
        string token = login.Split("\"token\":")[1].Split('"')[1];
        string byToken = await PostAsync(nameless, "/v3beta/kv/range", """{"key":"YQ=="}""", "--header", $"Authorization: {token}");

        Assert.EndsWith("}200", written, StringComparison.Ordinal);
        Assert.Equal((NotTheUser, NotTheUser), (byName, byNameEarlier));
        Assert.Equal("""{"code":3,"message":"etcdserver: user name is empty"}400""", byNobody.Replace(", ", ",", StringComparison.Ordinal));
        Assert.Contains("\"value\":\"YQ==\"", byToken, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();
}
