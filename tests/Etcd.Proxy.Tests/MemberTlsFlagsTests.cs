using System.CommandLine;

using Etcd.Proxy.Programs;
using Etcd.Testing;
using Etcd.Testing.Certificates;

namespace Etcd.Proxy.Tests;

// A member takes the common name of a certificate for the user of a call that has no token: with that of the proxy, every client without one.
public sealed class MemberTlsFlagsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly LogLines _log = new();

    public MemberTlsFlagsTests() => _authority = new TestAuthority(_directory.File("authority"), "authority");

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void Read_CertificateWithACommonName_IsRefusedInEtcdsWords()
    {
        TestCertificate named = _authority.Sign("named", TestSubject.Client with { CommonName = "root" });

        FormatException refusal = Assert.Throws<FormatException>(() => Read(named));

        Assert.Equal($"cert has non empty Common Name (root): {named.Certificate}", refusal.Message);
    }

    [Fact]
    public void Renew_CertificateWithACommonName_KeepsTheLastOneAndSaysSoOnce()
    {
        TestCertificate files = _authority.Sign("proxy", TestSubject.Client with { CommonName = string.Empty });
        RenewedTls tls = Read(files)!;
        string before = Subject(tls);

        _authority.Sign("named", TestSubject.Client with { CommonName = "root" }).ReplaceFilesOf(files);
        tls.Renew();
        tls.Renew();

        Assert.Equal("C=DE, O=test", before);
        Assert.Equal("C=DE, O=test", Subject(tls));
        Assert.Contains("cert has non empty Common Name (root)", Assert.Single(_log.Errors), StringComparison.Ordinal);
    }

    private static string Subject(RenewedTls tls) => tls.Options.ClientCertificateContext!.TargetCertificate.Subject;

    private RenewedTls? Read(TestCertificate shown)
    {
        var command = new Command("start");
        MemberTlsFlags.AddTo(command);
        return MemberTlsFlags.Read(command.Parse(["--cert", shown.Certificate, "--key", shown.Key, "--cacert", _authority.File]), _log);
    }
}
