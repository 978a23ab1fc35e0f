using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Etcd.Grpc.Server;
using Etcd.Testing;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Etcd.Grpc.Tests.Server;

/// <summary>The ways to listen: TLS with ALPN, Unix sockets, several at once; and the way to stop.</summary>
public sealed class ListenerTests
{
    private static readonly RpcMethod<StringValue, StringValue> Who = new("test.Tls", "Who", StringValue.Parser);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RpcTransportKind.Lean, false)]
    [InlineData(RpcTransportKind.Lean, true)]
    [InlineData(RpcTransportKind.SocketsHttp, false)]
    public async Task Tls_ClientCertificate_IsSeenByTheHandler(RpcTransportKind transport, bool isBlocking)
    {
        using X509Certificate2 serverCertificate = Certificate("localhost");
        using X509Certificate2 clientCertificate = Certificate("a-client");
        await using RpcServer server = TlsServer(serverCertificate);
        await server.StartAsync(Cancellation);
        await using var channel = new RpcChannel(
            RpcAddress.Parse($"https://{server.EndPoints[0]}"),
            new RpcChannelOptions { Transport = transport, BlockingUnary = isBlocking, Tls = Trusting(serverCertificate, clientCertificate) });

        StringValue reply = await channel.UnaryAsync(Who, new StringValue(), cancellationToken: Cancellation);

        Assert.Equal("CN=a-client", reply.Value);
    }

    [Fact]
    public async Task Tls_UntrustedServer_IsUnavailableWithTheReason()
    {
        using X509Certificate2 certificate = Certificate("localhost");
        await using RpcServer server = TlsServer(certificate);
        await server.StartAsync(Cancellation);
        await using var channel = new RpcChannel(RpcAddress.Parse($"https://{server.EndPoints[0]}"));

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Who, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal(RpcStatusCode.Unavailable, error.Code);
        Assert.Contains("authentication handshake failed", error.Message, StringComparison.Ordinal);
    }

    // Operators and scripts know Go's words for it.
    [Fact]
    public async Task Start_PortInUse_FailsInGosWords()
    {
        await using EchoServer first = await EchoServer.StartAsync();
        await using var second = new RpcServer(new RpcServerOptions(), new RpcServiceTable());
        second.ListenShared(first.EndPoint);

        IOException refusal = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(Cancellation));

        Assert.Equal($"listen tcp {first.EndPoint}: bind: address already in use", refusal.Message);
    }

    [Fact]
    public async Task Start_PortSharedByBoth_Listens()
    {
        var sharing = new RpcServerOptions { ReusePort = true, ReuseAddress = true };
        await using EchoServer first = await EchoServer.StartAsync(sharing);
        await using var second = new RpcServer(sharing, new RpcServiceTable());
        second.ListenShared(first.EndPoint);

        await second.StartAsync(Cancellation);

        Assert.Equal(first.EndPoint, second.EndPoints[0]);
    }

    [Fact]
    public async Task Admit_Refusal_ReachesTheClientAndNoHandler()
    {
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions
        {
            Admit = call => call.Method == "Say" && call.RequestHeader("let-in") is null ? new RpcException(RpcStatusCode.Unavailable, "not here") : null,
        });

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            () => server.Channel().UnaryAsync(EchoServer.Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.Unavailable, "not here"), (refusal.Code, refusal.Message));
    }

    // Under TLS etcd goes by the content type: HTTP/2 that is no RPC is plain HTTP.
    [Fact]
    public async Task Tls_Http2ThatIsNoRpc_ReachesTheHttpSide()
    {
        using X509Certificate2 certificate = Certificate("localhost");
        await using RpcServer server = TlsServer(certificate);
        await server.StartAsync(Cancellation);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        Assert.Equal("plain /version", await client.GetStringAsync(new Uri($"https://{server.EndPoints[0]}/version"), Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UnixSocket_SharedPort_ServesCalls(bool isBlocking)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("etcd.sock");
        await using var server = new RpcServer(new RpcServerOptions(), Table());
        server.ListenShared(new UnixDomainSocketEndPoint(path));
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await server.StartAsync(Cancellation);

        foreach (string address in new[] { $"unix://{path}", $"{server.EndPoints[1]}" })
        {
            await using var channel = new RpcChannel(RpcAddress.Parse(address), new RpcChannelOptions { BlockingUnary = isBlocking });
            Assert.Equal("none", (await channel.UnaryAsync(Who, new StringValue(), cancellationToken: Cancellation)).Value);
        }
    }

    [Fact]
    public async Task Start_PortIsTaken_FailsWithTheAddress()
    {
        await using EchoServer first = await EchoServer.StartAsync();
        await using var second = new RpcServer(new RpcServerOptions(), Table());
        second.ListenShared(first.EndPoint);

        IOException error = await Assert.ThrowsAnyAsync<IOException>(() => second.StartAsync(Cancellation));

        Assert.Contains(first.EndPoint.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_CallInProgress_IsFinishedFirst()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary(
            "test.Stop", "Slow", StringValue.Parser, async (_, request) =>
            {
                started.SetResult();
                await release.Task;
                return request;
            }));
        Task<StringValue> call = server.Channel().UnaryAsync(
            new RpcMethod<StringValue, StringValue>("test.Stop", "Slow", StringValue.Parser), new StringValue { Value = "kept" },
            cancellationToken: Cancellation);
        await started.Task.WaitAsync(Cancellation);

        Task stopping = server.Server.StopAsync(Cancellation);
        release.SetResult();

        Assert.Equal("kept", (await call).Value);
        await stopping;
    }

    private static RpcServiceTable Table()
    {
        var table = new RpcServiceTable();
        table.AddUnary("test.Tls", "Who", StringValue.Parser, (call, _) =>
            ValueTask.FromResult(new StringValue { Value = call.ClientCertificate?.Subject ?? "none" }));
        return table;
    }

    private static RpcServer TlsServer(X509Certificate2 certificate)
    {
        var server = new RpcServer(
            new RpcServerOptions(), Table(), context => context.Response.WriteAsync($"plain {context.Request.Path}"));
        server.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            });
        });
        return server;
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2 server, X509Certificate2 client) => new()
    {
        ClientCertificates = [client],
        RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented!.GetCertHashString() == server.GetCertHashString(),
    };

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
