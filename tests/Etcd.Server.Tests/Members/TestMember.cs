using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Peer;
using Etcd.Protocol.Rpc;
using Etcd.Server.Pumps;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Members;

/// <summary>A whole member on a disk of the test's choice, without listeners.</summary>
internal sealed class TestMember : IAsyncDisposable
{
    private TestMember(EtcdServer server) => Server = server;

    public EtcdServer Server { get; }

    public static ServerOptions Options { get; } = new()
    {
        DataDirectory = "/data",
        InitialCluster = new Dictionary<string, IReadOnlyList<string>> { ["default"] = ["http://localhost:2380"] },
        Seed = 1,
    };

    public static async Task<TestMember> StartAsync(
        IFileSystem disk, ServerOptions? options = null, TimeProvider? time = null, Execution? execution = null)
    {
        var member = new TestMember(await EtcdServer.StartAsync(
            options ?? Options,
            disk,
            time ?? TimeProvider.System,
            NullLoggerFactory.Instance,
            LonePeerNetwork.Instance,
            execution ?? Execution.Threads));
        await member.Server.Published;
        return member;
    }

    public async Task<long> PutAsync(string key, string value, long lease = 0)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value), Lease = lease };
        return (await Server.KeyValues.PutAsync(request)).Header.Revision;
    }

    public async Task<string?> GetAsync(string key)
    {
        RangeResponse reply = await RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(key) });
        return reply.Kvs.Count == 0 ? null : reply.Kvs[0].Value.ToStringUtf8();
    }

    public async Task<RangeResponse> RangeAsync(RangeRequest request)
    {
        using RangeReply reply = Server.KeyValues.TryRange(request, out RangeReply? ready)
            ? ready
            : await Server.KeyValues.ConfirmedRangeAsync(request, CancellationToken.None);
        return reply.ToMessage();
    }

    public Task<RangeResponse> AllAsync() =>
        RangeAsync(new RangeRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0) });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
