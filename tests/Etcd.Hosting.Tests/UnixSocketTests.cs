using Etcd.Grpc;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// Members and clients that reach each other through files instead of ports.
public sealed class UnixSocketTests : IDisposable
{
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Cluster_OfUnixSockets_TakesWrites()
    {
        Task<MemberHost>[] starting = [StartAsync("a"), StartAsync("b")];
        await using MemberHost one = await starting[0];
        await using MemberHost two = await starting[1];
        await using var channel = new RpcChannel(RpcAddress.Parse($"unix://{File("a", "client")}"));

        PutResponse reply = await channel.UnaryAsync(Put, new PutRequest { Key = ByteString.CopyFromUtf8("a") }, null, Cancellation);

        Assert.Equal(2, reply.Header.Revision);
    }

    public void Dispose() => _directory.Dispose();

    private Task<MemberHost> StartAsync(string name) => MemberHost.StartAsync(
        new MemberSettings
        {
            Name = name,
            DataDirectory = File(name, "data"),
            ListenClientUrls = [new Uri($"unix://{File(name, "client")}")],
            ListenPeerUrls = [new Uri($"unix://{File(name, "peer")}")],
            AdvertisePeerUrls = [new Uri($"unix://{File(name, "peer")}")],
            InitialCluster = $"a=unix://{File("a", "peer")},b=unix://{File("b", "peer")}",
            UnsafeNoSync = true,
        },
        NullLoggerFactory.Instance,
        Cancellation);

    private string File(string name, string kind) => _directory.File($"{name}.{kind}");
}
