using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Etcd.Api.Http.Peer;
using Etcd.Grpc.Server;
using Etcd.Peer.Tests.Codecs;
using Etcd.Raft;

using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Etcd.Peer.Tests.Transport;

/// <summary>Connections to https peer URLs.</summary>
public class TlsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Spec F.29: what arrives as HTTP/2 on a peer port of real etcd lands in gRPC.
    [Fact(Timeout = 30_000)]
    public async Task Ask_HttpsUrl_UsesTheFactorysSettingsForEachConnectionAndNeverHttp2()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RpcServer port = await ListenAsync(certificate, HttpProtocols.Http1AndHttp2);
        int asked = 0;
        await using TestMember one = await TestMember.StartAsync(1, options => options with
        {
            TlsOptions = () =>
            {
                Interlocked.Increment(ref asked);
                return new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown) };
            },
        });

        PeerVersionAnswer answer = await one.Queries.GetVersionAsync($"https://{(IPEndPoint)port.EndPoints[0]}", Cancellation);

        Assert.Equal(new PeerVersionAnswer("HTTP/1.1", "https"), answer);
        Assert.Equal(1, asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_HttpsUrl_IsReadAndWrittenThroughTls()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using TestMember two = await TestMember.StartAsync(2);
        var face = new RaftHttpFace(two.Transport, TimeProvider.System);
        await using RpcServer port = await ListenAsync(certificate, HttpProtocols.Http1, face.HandleAsync);
        await using TestMember one = await TestMember.StartAsync(1, options => options with
        {
            TlsOptions = () => new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown) },
        });
        two.Transport.AddPeer(1, [one.Url]);
        one.Transport.AddPeer(2, [$"https://{(IPEndPoint)port.EndPoints[0]}"]);
        await two.UntilAsync(member => member.HasStreamsTo(1));

        var append = new RaftMessage { Type = MessageType.Append, From = 2, To = 1, Term = 2, Entries = new[] { Frames.Entry(2, 1, 100_000) } };

        two.Send(two.Heartbeat(1, 5), append);

        RaftMessage[] received = [await one.Receiver.Messages.ReadAsync(Cancellation), await one.Receiver.Messages.ReadAsync(Cancellation)];
        Assert.Equal([MessageType.Append, MessageType.Heartbeat], received.Select(message => message.Type).Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task Ask_CertificateNobodyTrusts_IsAnError()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using RpcServer port = await ListenAsync(certificate, HttpProtocols.Http1);
        await using TestMember one = await TestMember.StartAsync(1);

        await Assert.ThrowsAsync<PeerQueryException>(
            () => one.Queries.GetVersionAsync($"https://{(IPEndPoint)port.EndPoints[0]}", Cancellation));
    }

    private static async Task<RpcServer> ListenAsync(X509Certificate2 certificate, HttpProtocols protocols, RequestDelegate? answer = null)
    {
        answer ??= context => context.Response.WriteAsync(
            $$"""{"etcdserver":"{{context.Request.Protocol}}","etcdcluster":"{{context.Request.Scheme}}"}""");
        var port = new RpcServer(new RpcServerOptions(), new RpcServiceTable(), answer);
        port.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen =>
        {
            listen.Protocols = protocols;
            listen.UseHttps(certificate);
        });
        await port.StartAsync(Cancellation);
        return port;
    }

    private static X509Certificate2 SelfSigned()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
