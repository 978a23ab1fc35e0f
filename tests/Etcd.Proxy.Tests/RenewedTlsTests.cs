using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Etcd.Testing;
using Etcd.Testing.Certificates;

namespace Etcd.Proxy.Tests;

public sealed class RenewedTlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly TestCertificate _certificate;

    public RenewedTlsTests()
    {
        _authority = new TestAuthority(_directory.File("authority"), "authority");
        _certificate = _authority.Sign("one", TestSubject.Client with { CommonName = "one" });
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Renew_FilesChanged_TheNextHandshakeHasTheNewOnes()
    {
        var tls = new RenewedTls(Read, verify: null);
        SslClientAuthenticationOptions shared = tls.Options;
        string before = Own(shared);

        _authority.Sign("two", TestSubject.Client with { CommonName = "two" }).ReplaceFilesOf(_certificate);
        tls.Renew();

        Assert.Equal(("CN=one", "CN=two"), (before, Own(shared)));
        Assert.Same(shared, tls.Options);
    }

    // The files are looked at by themselves, while connections come and go.
    [Fact]
    public async Task Run_FilesChanged_AreTakenWithinASecond()
    {
        var time = new ManualTimeProvider();
        var tls = new RenewedTls(Read, verify: static (_, certificate, _, _) => certificate is not null);
        using var stop = new CancellationTokenSource();
        Task running = tls.RunAsync(time, stop.Token);
        _authority.Sign("two", TestSubject.Client with { CommonName = "two" }).ReplaceFilesOf(_certificate);

        time.Advance(TimeSpan.FromSeconds(1));
        while (Own(tls.Options) != "CN=two")
        {
            // It changes without an event that could be awaited: looked at until it has.
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(tls.Options.RemoteCertificateValidationCallback!(this, _authority.Identity, null, SslPolicyErrors.RemoteCertificateChainErrors));
        await stop.CancelAsync();
        await running;
    }

    private static string Own(SslClientAuthenticationOptions options) => options.ClientCertificateContext!.TargetCertificate.Subject;

    private SslClientAuthenticationOptions Read() => new()
    {
        ClientCertificateContext = SslStreamCertificateContext.Create(_certificate.Load(), additionalCertificates: null, offline: true),
        CertificateChainPolicy = new X509ChainPolicy { CustomTrustStore = { _authority.Identity } },
    };
}
