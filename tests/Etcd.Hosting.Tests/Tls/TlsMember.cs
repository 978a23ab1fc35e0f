using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Certificates;

using Google.Protobuf;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests.Tls;

/// <summary>A member with TLS on real ports of the loopback address, and an authority for it and its clients.</summary>
internal sealed class TlsMember : IAsyncDisposable
{
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);

    private readonly TemporaryDirectory _directory = new();
    private readonly CapturedLog _log = new();
    private ILoggerFactory? _loggers;
    private MemberHost? _host;

    public TlsMember()
    {
        Authority = new TestAuthority(Path.Combine(_directory.Path, "certs"));
        Certificate = Authority.Sign("member", TestSubject.Member);
        var peerUrl = new Uri($"http://127.0.0.1:{FreePort()}");
        Settings = new MemberSettings
        {
            DataDirectory = Path.Combine(_directory.Path, "data"),
            ListenClientUrls = [new Uri("https://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl.OriginalString}",
            UnsafeNoSync = true,
            ClientTls = new TlsSettings { CertificateFile = Certificate.Certificate, KeyFile = Certificate.Key },
        };
    }

    public TestAuthority Authority { get; }

    /// <summary>What the member shows.</summary>
    public TestCertificate Certificate { get; }

    public MemberSettings Settings { get; }

    public CapturedLog Log => _log;

    public string DirectoryPath => _directory.Path;

    public EndPoint EndPoint => _host!.ClientEndPoints[0];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task<TlsMember> StartAsync()
    {
        _loggers = LoggerFactory.Create(builder => builder.AddProvider(_log));
        _host = await MemberHost.StartAsync(Settings, _loggers, Cancellation);
        return this;
    }

    /// <summary>Writes a key over a connection of its own.</summary>
    /// <returns>The certificate the member showed.</returns>
    public async Task<X509Certificate2?> PutAsync(TestCertificate? client = null, Action<SslClientAuthenticationOptions>? change = null)
    {
        X509Certificate2? shown = null;
        SslClientAuthenticationOptions tls = ClientOptions(client);
        tls.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return errors == SslPolicyErrors.None;
        };
        change?.Invoke(tls);
        await using var channel = new RpcChannel(RpcAddress.Parse($"https://{EndPoint}"), new RpcChannelOptions { Tls = tls });
        await channel.UnaryAsync(
            Put,
            new PutRequest { Key = ByteString.CopyFromUtf8("a"), Value = ByteString.CopyFromUtf8("b") },
            new RpcCallOptions { Timeout = TimeSpan.FromSeconds(10) },
            Cancellation);
        return shown;
    }

    /// <summary>Writes many keys at once.</summary>
    public async Task PutManyAsync(TestCertificate client, int connections, int callers, int callsEach)
    {
        RpcChannel[] channels = [.. Enumerable.Range(0, connections).Select(_ =>
            new RpcChannel(RpcAddress.Parse($"https://{EndPoint}"), new RpcChannelOptions { Tls = ClientOptions(client) }))];
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                for (int call = 0; call < callsEach; call++)
                {
                    var request = new PutRequest { Key = ByteString.CopyFromUtf8($"{caller}-{call}"), Value = ByteString.CopyFrom(new byte[256]) };
                    await channels[caller % connections].UnaryAsync(Put, request, null, Cancellation);
                }
            },
            Cancellation)));
        foreach (RpcChannel channel in channels)
        {
            await channel.DisposeAsync();
        }
    }

    public SslClientAuthenticationOptions ClientOptions(TestCertificate? client)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Authority.File));
        return new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = policy,
            ClientCertificateContext = client is null ? null : SslStreamCertificateContext.Create(client.Load(), null, offline: true),
        };
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _loggers?.Dispose();
        Authority.Dispose();
        _directory.Dispose();
    }
}
