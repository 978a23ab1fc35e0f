namespace Etcd.Raft.Tests.Node;

/// <summary>A few members whose messages are delivered when the test says so.</summary>
internal sealed class MemberGroup
{
    private readonly List<AsyncMember> _members = [];

    public MemberGroup(int count, Func<RaftOptions, RaftOptions>? with = null)
    {
        var conf = new ConfState { Voters = [.. Enumerable.Range(1, count).Select(i => (ulong)i)] };
        for (ulong id = 1; id <= (ulong)count; id++)
        {
            _members.Add(new AsyncMember(id, conf, with: with));
        }
    }

    public AsyncMember this[ulong id] => _members[(int)id - 1];

    /// <summary>Delivers everything until nothing happens any more; to and from the given members only, if any are given.</summary>
    public void Settle(params IReadOnlyList<ulong> among)
    {
        bool IsAmong(ulong id) => among.Count == 0 || among.Contains(id);
        bool busy = true;
        while (busy)
        {
            busy = false;
            foreach (AsyncMember member in _members.Where(m => IsAmong(m.Node.Status.Id)))
            {
                member.RunUntilIdle();
                foreach (RaftMessage message in TakeSent(member))
                {
                    if (IsAmong(message.To))
                    {
                        busy = true;
                        this[message.To].Node.Step(message);
                    }
                }
            }
        }
    }

    /// <summary>Takes what a member has sent.</summary>
    public static List<RaftMessage> TakeSent(AsyncMember member)
    {
        member.RunUntilIdle();
        List<RaftMessage> sent = [.. member.Sent];
        member.Sent.Clear();
        return sent;
    }

    /// <summary>Lets time pass for one member.</summary>
    public void Tick(ulong id, int ticks = 1)
    {
        for (int i = 0; i < ticks; i++)
        {
            this[id].Node.Tick();
        }
    }

    public void Elect(ulong id)
    {
        this[id].Node.Campaign();
        Settle();
        Assert.Equal(RaftRole.Leader, this[id].Node.SoftState.Role);
    }

    public void Propose(ulong id, string data) =>
        Assert.Equal(ProposeOutcome.Accepted, this[id].Node.Propose(System.Text.Encoding.UTF8.GetBytes(data)));
}
