using System.Net;
using Etcd.Grpc.Server;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;

namespace Etcd.Grpc.Tests;

/// <summary>A server on a free loopback port with one method of each shape, and channels to it.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    public static readonly RpcMethod<StringValue, StringValue> Say = new("test.Echo", "Say", StringValue.Parser);
    public static readonly RpcMethod<StringValue, StringValue> Fail = new("test.Echo", "Fail", StringValue.Parser);
    public static readonly RpcMethod<Int32Value, Int32Value> Count = new("test.Echo", "Count", Int32Value.Parser);
    public static readonly RpcMethod<Int32Value, Int32Value> Sum = new("test.Echo", "Sum", Int32Value.Parser);
    public static readonly RpcMethod<StringValue, StringValue> Talk = new("test.Echo", "Talk", StringValue.Parser);

    private readonly RpcServer _server;
    private readonly List<RpcChannel> _channels = [];

    private EchoServer(RpcServer server)
    {
        _server = server;
    }

    public RpcServer Server => _server;

    public IPEndPoint EndPoint => (IPEndPoint)_server.EndPoints[0];

    public static async Task<EchoServer> StartAsync(
        RpcServerOptions? options = null, Action<RpcServiceTable>? more = null, RequestDelegate? http = null, bool isKestrel = false)
    {
        var table = new RpcServiceTable();
        AddMethods(table);
        more?.Invoke(table);
        var server = new RpcServer((options ?? new RpcServerOptions()) with { ServesHttp2Itself = !isKestrel }, table, http);
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new EchoServer(server);
    }

    public RpcChannel Channel(RpcChannelOptions? options = null)
    {
        var channel = new RpcChannel(RpcAddress.Parse($"http://{EndPoint}"), options);
        _channels.Add(channel);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RpcChannel channel in _channels)
        {
            await channel.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private static void AddMethods(RpcServiceTable table)
    {
        table.AddUnary("test.Echo", "Say", StringValue.Parser, (_, request) => ValueTask.FromResult(request));
        table.AddUnary<StringValue, StringValue>("test.Echo", "Fail", StringValue.Parser, (_, request) =>
            throw new RpcException(RpcStatusCode.FailedPrecondition, request.Value));
        table.AddServerStream("test.Echo", "Count", Int32Value.Parser, async (_, request, replies) =>
        {
            for (int i = 1; i <= request.Value; i++)
            {
                new Int32Value { Value = i }.WriteTo(replies.Begin());
                await replies.SendAsync(CancellationToken.None);
            }
        });
        table.AddStreaming("test.Echo", "Sum", RpcMethodKind.ClientStream, async (_, requests, replies) =>
        {
            int sum = 0;
            while (await requests.MoveNextAsync(CancellationToken.None))
            {
                sum += Int32Value.Parser.ParseFrom(requests.Current).Value;
            }

            new Int32Value { Value = sum }.WriteTo(replies.Begin());
            await replies.SendAsync(CancellationToken.None);
        });
        table.AddStreaming("test.Echo", "Talk", RpcMethodKind.BidiStream, async (call, requests, replies) =>
        {
            await replies.SendHeadersAsync(call.CancellationToken);
            while (await requests.MoveNextAsync(call.CancellationToken))
            {
                StringValue.Parser.ParseFrom(requests.Current).WriteTo(replies.Begin());
                await replies.SendAsync(call.CancellationToken);
            }
        });
    }
}
