using System.Net;

using Etcd.Api.Http.Peer;
using Etcd.Grpc.Server;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Transport;

/// <summary>The transport of one member behind a real port on loopback; raft itself is a <see cref="RecordingReceiver"/>.</summary>
internal sealed class TestMember : IAsyncDisposable
{
    public const ulong ClusterId = 0x908550e9cb442fab;

    private readonly RpcServer _port;
    private readonly HttpPeerNetwork _network;

    private TestMember(ulong id, RpcServer port, HttpPeerNetwork network, RecordingReceiver receiver, LogLines log)
    {
        Id = id;
        _port = port;
        _network = network;
        Receiver = receiver;
        Log = log;
    }

    public ulong Id { get; }

    public RecordingReceiver Receiver { get; }

    public LogLines Log { get; }

    public HttpPeerTransport Transport => _network.Transport!;

    public IPeerQueries Queries => _network.Queries;

    public string Url => $"http://{(IPEndPoint)_port.EndPoints[0]}";

    public Uri UriOf(string path) => new(new Uri(Url), path);

    public static async Task<TestMember> StartAsync(
        ulong id, Func<HttpPeerOptions, HttpPeerOptions>? change = null, ulong clusterId = ClusterId, int port = 0, TimeProvider? time = null)
    {
        var options = new HttpPeerOptions { ServerVersion = "3.5.30" };
        time ??= TimeProvider.System;
        var log = new LogLines();
        var network = new HttpPeerNetwork(change?.Invoke(options) ?? options, time, log);
        var receiver = new RecordingReceiver();
        RaftHttpFace? face = null;
        var server = new RpcServer(new RpcServerOptions(), new RpcServiceTable(), context => face!.HandleAsync(context));
        server.ListenShared(new IPEndPoint(IPAddress.Loopback, port));
        await server.StartAsync(TestContext.Current.CancellationToken);
        string url = $"http://{(IPEndPoint)server.EndPoints[0]}";
        network.Join(new PeerIdentity(id, clusterId, [url]), receiver);
        face = new RaftHttpFace(network.Transport!, time);
        return new TestMember(id, server, network, receiver, log);
    }

    /// <summary>Two members that know each other, with all streams open.</summary>
    public static async Task<(TestMember One, TestMember Two)> StartPairAsync(Func<HttpPeerOptions, HttpPeerOptions>? change = null)
    {
        TestMember one = await StartAsync(1, change);
        TestMember two = await StartAsync(2, change);
        one.Transport.AddPeer(2, [two.Url]);
        two.Transport.AddPeer(1, [one.Url]);
        await one.UntilAsync(member => member.HasStreamsTo(2));
        await two.UntilAsync(member => member.HasStreamsTo(1));
        return (one, two);
    }

    /// <summary>Whether the other member has opened both streams and what is sent goes through them.</summary>
    public bool HasStreamsTo(ulong memberId) => Transport.OpenStreamsTo(memberId) == 2;

    public void Send(params RaftMessage[] messages) => Transport.Send(messages);

    /// <summary>Waits for a state that comes by itself; the test's own time-out bounds the wait.</summary>
    public async Task UntilAsync(Func<TestMember, bool> condition)
    {
        while (!condition(this))
        {
            // Nothing tells when the state is reached, so it is looked at again and again.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public RaftMessage Heartbeat(ulong to, ulong commit = 0) =>
        new() { Type = MessageType.Heartbeat, From = Id, To = to, Term = 2, Commit = commit };

    public async ValueTask DisposeAsync()
    {
        await Transport.DisposeAsync();
        await _port.DisposeAsync();
        _network.Dispose();
    }
}
