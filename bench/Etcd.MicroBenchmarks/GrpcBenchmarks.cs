using System.Buffers;
using System.Net;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.MicroBenchmarks;

/// <summary>Unary calls over loopback, client and server in this process: what the RPC layer costs with nothing behind it. The processor
/// time is that of both sides together; the bytes are those of the thread that measures, so not the calls'.</summary>
internal sealed class GrpcBenchmarks : IBenchmarkArea
{
    private const int MessageBytes = 256;
    private const int CallsPerRound = 20_000;
    private const int LoneCallsPerRound = 3_000;

    private static readonly RpcMethod<StringValue, StringValue> AtOnce = new("bench.Echo", "AtOnce", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Later = new("bench.Echo", "Later", StringValue.Parser);

    private readonly StringValue _message = new() { Value = new string('x', MessageBytes) };

    public string Name => "grpc";

    public void Run(BenchmarkRunner runner)
    {
        RpcServer server = Start();
        RpcAddress address = RpcAddress.Parse($"{server.EndPoints[0]}");
        foreach (RpcTransportKind transport in new[] { RpcTransportKind.Lean, RpcTransportKind.SocketsHttp })
        {
            Measure(runner, address, transport, AtOnce, clients: 1, connections: 1);
            Measure(runner, address, transport, AtOnce, clients: 100, connections: 1);
            Measure(runner, address, transport, AtOnce, clients: 100, connections: 10);
            Measure(runner, address, transport, Later, clients: 100, connections: 10);
        }

        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static RpcServer Start()
    {
        var table = new RpcServiceTable();
        table.AddUnary("bench.Echo", "AtOnce", (_, request, reply) =>
        {
            Echo(request, reply);
            return default;
        });
        table.AddUnary("bench.Echo", "Later", async (_, request, reply) =>
        {
            // As a put does: the handler goes on on another thread.
            await Task.Yield();
            Echo(request, reply);
        });
        var server = new RpcServer(new RpcServerOptions(), table);
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        server.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return server;
    }

    private static void Echo(in ReadOnlySequence<byte> request, IBufferWriter<byte> reply)
    {
        foreach (ReadOnlyMemory<byte> part in request)
        {
            reply.Write(part.Span);
        }
    }

    private void Measure(
        BenchmarkRunner runner, RpcAddress address, RpcTransportKind transport, RpcMethod<StringValue, StringValue> method,
        int clients, int connections)
    {
        var options = new RpcChannelOptions { Transport = transport, InlineContinuations = true };
        RpcChannel[] channels = [.. Enumerable.Range(0, connections).Select(_ => new RpcChannel(address, options))];
        int calls = clients == 1 ? LoneCallsPerRound : CallsPerRound;
        runner.Measure(
            $"grpc: unary {method.Name}, {transport}, {clients} clients, {connections} connections",
            calls,
            () => RunAsync(channels, method, clients, calls).GetAwaiter().GetResult());
        foreach (RpcChannel channel in channels)
        {
            channel.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private Task RunAsync(RpcChannel[] channels, RpcMethod<StringValue, StringValue> method, int clients, int calls)
    {
        int begun = 0;
        return Task.WhenAll(Enumerable.Range(0, clients).Select(CallInTurnAsync));

        async Task CallInTurnAsync(int client)
        {
            await Task.Yield();
            while (Interlocked.Increment(ref begun) <= calls)
            {
                await channels[client % channels.Length].UnaryAsync(method, _message);
            }
        }
    }
}
