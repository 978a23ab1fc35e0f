using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Simulation.Members;
using Etcd.Simulation.PlantedBugs;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Network;

/// <summary>The network between the machines: it delays, loses, repeats and reorders what members send, and can be cut anywhere.</summary>
/// <remarks>Messages travel as the bytes they have on the wire, so that no object is shared between two members.</remarks>
internal sealed class SimulatedNetwork
{
    private readonly EventQueue _queue;
    private readonly SimulationRandom _random;
    private readonly Dictionary<string, SimulatedMember> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<ProcessLife, SimulatedTransport> _joined = [];
    private readonly long[,] _lastArrival;

    public SimulatedNetwork(int hostsMax, EventQueue queue, FaultRates faults, SimulationRandom random)
    {
        _queue = queue;
        _random = random;
        Faults = faults;
        Links = new Links(hostsMax);
        _lastArrival = new long[hostsMax, hostsMax];
    }

    public FaultRates Faults { get; set; }

    /// <summary>The mistake planted on the wire, if any.</summary>
    public PlantedBug Bug { get; init; } = NoBug.Instance;

    public Links Links { get; }

    /// <summary>Messages delivered so far.</summary>
    public long Delivered { get; private set; }

    /// <summary>Snapshots delivered so far.</summary>
    public long SnapshotsDelivered { get; private set; }

    public void AddHost(SimulatedMember member)
    {
        foreach (string url in member.Options.AdvertisePeerUrls)
        {
            _hosts[url] = member;
        }
    }

    /// <summary>From now on a machine is reached at this address too.</summary>
    public void AddUrl(string url, SimulatedMember member) => _hosts[url] = member;

    public SimulatedMember? HostAt(string url) => _hosts.GetValueOrDefault(url);

    public void Join(ProcessLife life, SimulatedTransport transport)
    {
        _joined[life] = transport;
        Links.Restart(transport.Host, _queue.NowTicks);
    }

    /// <summary>Time one message takes.</summary>
    public TimeSpan Latency() => _random.Between(TimeSpan.FromMicroseconds(50), Faults.LatencyMax);

    /// <summary>Sends a message from one machine to the member at a URL.</summary>
    public void Send(SimulatedTransport sender, RaftMessage message, string url)
    {
        foreach (RaftMessage leaving in Bug.Tamper(message))
        {
            SendAsIs(sender, leaving, url);
        }
    }

    private void SendAsIs(SimulatedTransport sender, RaftMessage message, string url)
    {
        if (HostAt(url) is not { } target || !Links.IsOpen(sender.Host, target.Host) || _random.Percent(Faults.LossPercent))
        {
            Lose(sender, message);
            return;
        }

        byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
        RaftMessageCodec.Write(message, bytes);
        PostArrival(sender, target, bytes);

        // Connections do not repeat; requests that are sent again after a broken one do. A proposal is never sent again.
        if (message.Type != MessageType.Propose && _random.Percent(Faults.DuplicatePercent))
        {
            PostArrival(sender, target, bytes);
        }
    }

    /// <summary>Sends a snapshot; its outcome is reported to the sender.</summary>
    public void SendSnapshot(SimulatedTransport sender, RaftMessage message, byte[] database, string url)
    {
        byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
        RaftMessageCodec.Write(message, bytes);
        TimeSpan way = (20 * Latency()) + TimeSpan.FromMilliseconds(_random.Below(50));
        bool isLost = _random.Percent(Faults.LossPercent);
        _queue.Post(way, null, "snapshot", () =>
        {
            if (HostAt(url) is { IsUp: true } target && Links.IsOpen(sender.Host, target.Host) && !isLost
                && _joined.TryGetValue(target.Life, out SimulatedTransport? receiver))
            {
                SnapshotsDelivered++;
                _queue.Post(TimeSpan.Zero, target.Life, "receive snapshot", () =>
                    _ = ReceiveSnapshotAsync(sender, target, receiver, RaftMessageCodec.Read(bytes), database));
            }
            else
            {
                ReportSnapshot(sender, message.To, delivered: false);
            }
        });
    }

    private async Task ReceiveSnapshotAsync(
        SimulatedTransport sender, SimulatedMember target, SimulatedTransport receiver, RaftMessage message, byte[] database)
    {
        bool delivered = true;
        try
        {
            if (receiver.Receiver.IsRemoved(message.From))
            {
                return;
            }

            await receiver.Receiver.ReceiveSnapshotAsync(message, new MemoryStream(database, writable: false), CancellationToken.None)
                .ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it must end the run with its text, unless the member may refuse in this way.
        catch (Exception failure)
        {
            // The member could not store it, or takes no more messages: the sender is told and sends another one. A refusal with a cause says
            // that the snapshot itself was damaged, and nobody sends such a one.
            bool isRefusal = failure is IOException { InnerException: null };
            if (!isRefusal && !target.MayFailAsker(receiver.Life, failure))
            {
                _queue.Fail($"{receiver.Life.Name} could not take a snapshot: {failure}", failure);
                return;
            }

            delivered = false;
        }
#pragma warning restore CA1031

        ReportSnapshot(sender, message.To, delivered);
    }

    private void ReportSnapshot(SimulatedTransport sender, ulong to, bool delivered) =>
        _queue.Post(Latency(), sender.Life, "report snapshot", () => sender.Receiver.ReportSnapshot(to, delivered));

    private void PostArrival(SimulatedTransport sender, SimulatedMember target, byte[] bytes)
    {
        TimeSpan way = Latency();
        if (_random.Percent(Faults.ReorderPercent))
        {
            way += _random.Between(TimeSpan.Zero, Faults.StragglerMax);
        }
        else
        {
            // A stream keeps its order.
            ref long last = ref _lastArrival[sender.Host, target.Host];
            last = Math.Max(last, _queue.NowTicks + way.Ticks);
            way = TimeSpan.FromTicks(last - _queue.NowTicks);
        }

        _queue.Post(way, null, "message", () => Arrive(sender, target, bytes));
    }

    private void Arrive(SimulatedTransport sender, SimulatedMember target, byte[] bytes)
    {
        if (!target.IsUp || !Links.IsOpen(sender.Host, target.Host) || !_joined.TryGetValue(target.Life, out SimulatedTransport? receiver))
        {
            return;
        }

        if (target.Life.IsPaused)
        {
            _queue.Post(TimeSpan.Zero, target.Life, "message", () => Receive(sender, receiver, bytes));
        }
        else
        {
            Receive(sender, receiver, bytes);
        }
    }

    private void Receive(SimulatedTransport sender, SimulatedTransport receiver, byte[] bytes)
    {
        RaftMessage message = RaftMessageCodec.Read(bytes);
        if (message.To != receiver.Self.MemberId || sender.Self.ClusterId != receiver.Self.ClusterId)
        {
            return;
        }

        if (receiver.Receiver.IsRemoved(message.From))
        {
            _queue.Post(Latency(), sender.Life, "removed", () => sender.Receiver.OnSelfRemoved(receiver.Self.MemberId));
            return;
        }

        // Each request between members names the sender's addresses: one that has restarted before it got the log learns its peers so.
        receiver.AddRemote(sender.Self.MemberId, sender.Self.PeerUrls);
        Delivered++;
        Bug.Note(message);
        _queue.Trace.Mix(message.Index);
        if (_queue.Trace.IsRead && message.Type is not (MessageType.Heartbeat or MessageType.HeartbeatResponse))
        {
            _queue.Trace.Tell(
                _queue.NowTicks,
                $"{sender.Life.Name} -> {receiver.Life.Name}: {message.Type} term {message.Term} index {message.Index} "
                + $"entries {message.Entries.Length} commit {message.Commit}{(message.Reject ? " reject" : string.Empty)}");
        }

        receiver.Receiver.TryReceive(message);
    }

    private void Lose(SimulatedTransport sender, RaftMessage message)
    {
        // A broken connection is noticed at times at once, at times not at all.
        if (_random.Percent(50))
        {
            _queue.Post(Latency(), sender.Life, "unreachable", () => sender.Receiver.ReportUnreachable(message.To));
        }
    }
}
