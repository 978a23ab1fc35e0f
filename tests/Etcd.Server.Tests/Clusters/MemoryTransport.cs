using System.Collections.Concurrent;
using System.Threading.Channels;

using Etcd.Peer;
using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Server.Tests.Clusters;

/// <summary>One member's end of a <see cref="MemoryNetwork"/>: what arrives is delivered in order by one task.</summary>
internal sealed class MemoryTransport : IPeerTransport
{
    private static readonly TimeSpan DialInterval = TimeSpan.FromMilliseconds(100);

    private readonly MemoryNetwork _network;
    private readonly ulong _self;
    private readonly IPeerReceiver _receiver;
    private readonly ConcurrentDictionary<ulong, long> _known = new();
    private readonly Channel<byte[]> _arriving = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _delivering;

    public MemoryTransport(MemoryNetwork network, ulong self, IPeerReceiver receiver)
    {
        _network = network;
        _self = self;
        _receiver = receiver;
        _delivering = Task.Run(DeliverAsync);
    }

    public ulong Self => _self;

    public IReadOnlyCollection<ulong> Known => [.. _known.Keys];

    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            if (!_known.ContainsKey(message.To))
            {
                continue;
            }

            if (_network.TryReach(this, message.To, out MemoryTransport? receiver))
            {
                if (receiver!._receiver.IsRemoved(_self))
                {
                    _ = DialAgainAsync(message.To);
                    continue;
                }

                byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
                RaftMessageCodec.Write(message, bytes);
                receiver._arriving.Writer.TryWrite(bytes);
            }
            else
            {
                _receiver.ReportUnreachable(message.To);
            }
        }
    }

    public void SendSnapshot(RaftMessage message, IPeerSnapshotContent database) => _ = Task.Run(async () =>
    {
        bool delivered = false;
        using (database)
        {
            if (_network.TryReach(this, message.To, out MemoryTransport? receiver))
            {
                using var file = new MemoryStream();
                await database.CopyToAsync(file, CancellationToken.None);
                file.Position = 0;
                byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
                RaftMessageCodec.Write(message, bytes);
                try
                {
                    await receiver!._receiver.ReceiveSnapshotAsync(RaftMessageCodec.Read(bytes), file, CancellationToken.None);
                    delivered = true;
                }
                catch (IOException)
                {
                    // The receiver says why in its own log.
                }
            }
        }

        _receiver.ReportSnapshot(message.To, delivered);
    });

    public void AddPeer(ulong memberId, IReadOnlyList<string> urls) => _known.TryAdd(memberId, _network.Time.GetTimestamp());

    public void AddRemote(ulong memberId, IReadOnlyList<string> urls) => _known.TryAdd(memberId, _network.Time.GetTimestamp());

    public void UpdatePeer(ulong memberId, IReadOnlyList<string> urls)
    {
    }

    public void RemovePeer(ulong memberId) => _known.TryRemove(memberId, out _);

    public long? ActiveSince(ulong memberId) =>
        _known.TryGetValue(memberId, out long added) && _network.IsReached(this, memberId)
            ? Math.Max(added, _network.UpSince(_self, memberId))
            : null;

    public async ValueTask DisposeAsync()
    {
        _arriving.Writer.TryComplete();
        await _delivering;
    }

    // The others have closed the streams; a moment later one is dialled anew, and the answer is 410.
    private async Task DialAgainAsync(ulong to)
    {
        await Task.Delay(DialInterval, _network.Time);
        _receiver.OnSelfRemoved(to);
    }

    private async Task DeliverAsync()
    {
        await foreach (byte[] bytes in _arriving.Reader.ReadAllAsync())
        {
            RaftMessage message = RaftMessageCodec.Read(bytes);
            if (_network.Passes(message))
            {
                // The head of a request tells where its sender is reached.
                _known.TryAdd(message.From, _network.Time.GetTimestamp());
                _receiver.TryReceive(message);
            }
        }
    }
}
