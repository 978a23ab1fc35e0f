using System.Text;

using Etcd.Api.Http.Peer;
using Etcd.Grpc.Server;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Peer.Tests.Real;

/// <summary>Real etcd as the other member of a cluster of two. It can write nothing unless this transport carries votes, appends and acknowledgements
/// both ways.</summary>
public sealed class RealPeerTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly int _ownPort = LoopbackPorts.Take();
    private readonly int _realPort = LoopbackPorts.Take();
    private readonly int _clientPort = LoopbackPorts.Take();
    private readonly VotingFollower _follower = new();
    private RpcServer? _port;
    private HttpPeerNetwork? _network;
    private RunningCommand? _real;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_real?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_network?.Transport!.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_port?.DisposeAsync() ?? ValueTask.CompletedTask);
        _network?.Dispose();
        _directory.Dispose();
    }

    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Put_QuorumNeedsThisMember_IsReplicatedAndAcknowledged(string version)
    {
        await StartAsync(version);

        await PutAsync("hello", "world");

        await foreach (Entry entry in _follower.Entries.ReadAllAsync(Cancellation))
        {
            if (entry.Data.Span.IndexOf("world"u8) >= 0)
            {
                break;
            }
        }

        Assert.Equal(2, _network!.Transport!.OpenStreamsTo(_realId));
        Assert.NotNull(_network.Transport.ActiveSince(_realId));
        Assert.Equal(0, _network.Transport.Figures[0].ReceiveFailures);
        Assert.Equal(version == "3.4" ? "3.4.23" : "3.5.30", (await _network.Queries.GetVersionAsync(RealUrl, Cancellation)).Server);
        Assert.Equal(2, (await _network.Queries.GetMembersAsync(RealUrl, Cancellation)).Members.Count);
    }

    // Streams are silent in between except for the signs of life of both sides.
    [Theory(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Streams_OverSeveralIdleTimeouts_StayOpen(string version)
    {
        await StartAsync(version);
        await PutAsync("first", "1");

        // The real member cuts a stream on which it reads nothing for five seconds.
        await Task.Delay(TimeSpan.FromSeconds(7), Cancellation);

        Assert.Equal(0, _network!.Transport!.Figures[0].Disconnects);
        Assert.DoesNotContain("lost TCP streaming connection", _real!.Errors.Text, StringComparison.OrdinalIgnoreCase);
        await PutAsync("second", "2");
    }

    [Fact(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Snapshot_ThisMemberIsFarBehind_ArrivesWithItsDatabase()
    {
        await StartAsync("3.5", "--snapshot-count", "10", "--experimental-snapshot-catchup-entries", "5");
        for (int i = 0; i < 40; i++)
        {
            await PutAsync($"key{i}", "value");
        }

        // From here on this member says that it has nothing: what it needs is compacted away.
        _follower.TakesAppends = false;
        Task put = PutAsync("one more", "value");

        (RaftMessage message, long databaseBytes) = await _follower.Snapshots.ReadAsync(Cancellation);
        Assert.InRange(message.Snapshot!.Metadata.Index, 40UL, 1000UL);
        Assert.Equal(2, message.Snapshot.Metadata.ConfState.Voters.Count);
        Assert.StartsWith("{\"Root\":", Encoding.UTF8.GetString(message.Snapshot.Data.Span[..8]), StringComparison.Ordinal);
        Assert.Equal(0, databaseBytes % 4096);
        Assert.NotEqual(0, databaseBytes);
        await put;
    }

    private ulong _realId;

    private string OwnUrl => $"http://127.0.0.1:{_ownPort}";

    private string RealUrl => $"http://127.0.0.1:{_realPort}";

    private async Task StartAsync(string version, params string[] flags)
    {
        ulong ownId = MemberIds.ForMember([OwnUrl], "real-peer");
        _realId = MemberIds.ForMember([RealUrl], "real-peer");
        var options = new HttpPeerOptions { ServerVersion = "3.5.30" };
        _network = new HttpPeerNetwork(options, TimeProvider.System, NullLoggerFactory.Instance);
        _follower.Transport = _network.Join(new PeerIdentity(ownId, MemberIds.ForCluster([ownId, _realId]), [OwnUrl]), _follower);
        var face = new RaftHttpFace(_network.Transport!, TimeProvider.System);
        _port = new RpcServer(new RpcServerOptions(), new RpcServiceTable(), face.HandleAsync);
        _port.ListenShared(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, _ownPort));
        await _port.StartAsync(Cancellation);
        _follower.Transport.AddPeer(_realId, [RealUrl]);

        string client = $"http://127.0.0.1:{_clientPort}";
        string[] command =
        [
            "--name", "real", "--data-dir", _directory.File("data"), "--initial-cluster-token", "real-peer",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", RealUrl, "--initial-advertise-peer-urls", RealUrl,
            "--initial-cluster", $"real={RealUrl},own={OwnUrl}", "--logger", "zap", .. flags,
        ];
        _real = RunningCommand.Start(new Command(RealEtcd.Server(version), command));
    }

    private async Task PutAsync(string key, string value)
    {
        string[] arguments =
            ["--endpoints", $"127.0.0.1:{_clientPort}", "--dial-timeout", "20s", "--command-timeout", "30s", "put", key, value];
        (await new Command(RealEtcd.Ctl("3.5"), arguments).RunAsync(Cancellation)).MustSucceed();
    }
}
