using System.Net;
using System.Net.WebSockets;

using Etcd.Api.Gateway;
using Etcd.Grpc.Server;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Api.Tests.Gateway;

/// <summary>The gateway on a free port, over methods of the test's own.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly RpcServer _server;

    private GatewayHost(RpcServer server)
    {
        _server = server;
        Address = new Uri($"http://{server.EndPoints[0]}");
        Http = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public int Port => ((IPEndPoint)_server.EndPoints[0]).Port;

    public static async Task<GatewayHost> StartAsync(Action<RpcServiceTable> fill, RpcServerOptions? options = null, TimeSpan? slowestPiece = null)
    {
        var table = new RpcServiceTable();
        fill(table);
        options ??= new RpcServerOptions();
        var gateway = new GatewayHttpFace(options, table, NullLoggerFactory.Instance, slowestPiece);
        var server = new RpcServer(options, new RpcServiceTable(), gateway.HandleAsync);
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new GatewayHost(server);
    }

    /// <summary>Posts JSON and returns status and body.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage reply = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task<ClientWebSocket> OpenAsync(string path, params string[] protocols)
    {
        var socket = new ClientWebSocket();
        foreach (string protocol in protocols)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}{path}"), TestContext.Current.CancellationToken);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
    }
}
