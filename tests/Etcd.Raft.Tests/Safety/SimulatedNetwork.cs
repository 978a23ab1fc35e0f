using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Safety;

/// <summary>Messages in flight between members: encoded, and delivered in any order, twice or never.</summary>
internal sealed class SimulatedNetwork(Random random)
{
    private readonly List<(ulong From, ulong To, byte[] Bytes)> _inFlight = [];
    private readonly HashSet<(ulong From, ulong To)> _blocked = [];

    public int Count => _inFlight.Count;

    /// <summary>Share of messages that are lost, and that come twice.</summary>
    public double LossRate { get; set; }

    public double DuplicateRate { get; set; }

    public void Send(ulong sender, RaftMessage message)
    {
        byte[] bytes = new byte[RaftMessageCodec.SizeOf(message)];
        RaftMessageCodec.Write(message, bytes);
        _inFlight.Add((sender, message.To, bytes));
    }

    /// <summary>Blocks a direction, or all between two groups of members.</summary>
    public void Partition(IReadOnlyList<ulong> members)
    {
        _blocked.Clear();
        bool oneWay = random.Next(3) == 0;
        HashSet<ulong> side = [.. members.Where(_ => random.Next(2) == 0)];
        foreach (ulong from in members)
        {
            foreach (ulong to in members)
            {
                if (side.Contains(from) != side.Contains(to) && (!oneWay || side.Contains(from)))
                {
                    _blocked.Add((from, to));
                }
            }
        }
    }

    public void Heal() => _blocked.Clear();

    /// <summary>Takes one message at random; <see langword="null"/> when it is lost.</summary>
    public RaftMessage? TakeAny()
    {
        // Mostly the older ones, or slow messages would pile up without bound.
        int at = random.Next(2) == 0 ? 0 : random.Next(_inFlight.Count);
        (ulong from, ulong to, byte[] bytes) = _inFlight[at];
        if (random.NextDouble() >= DuplicateRate)
        {
            _inFlight.RemoveAt(at);
        }

        return _blocked.Contains((from, to)) || random.NextDouble() < LossRate ? null : RaftMessageCodec.Read(bytes);
    }
}
