using Etcd.Mvcc;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Checkers;

/// <summary>Reads, again and again, what each member's store has added to its history.</summary>
internal sealed class Auditor(StoreHistory history, IReadOnlyList<SimulatedMember> members)
{
    /// <summary>How often it looks: also how precisely the time of a change is known.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<ProcessLife, long> _audited = [];
    private readonly List<KeyEvent> _events = [];

    public void Look()
    {
        for (int i = 0; i < members.Count; i++)
        {
            if (members[i] is { IsUp: true } member)
            {
                Look(member);
            }
        }
    }

    private void Look(SimulatedMember member)
    {
        MvccStore store = member.Server!.Store;
        if (!_audited.TryGetValue(member.Life, out long audited))
        {
            // Whatever a new life finds in its store, or has put there before this first look, is compared: from the first write, or what was
            // compacted, on.
            audited = StoreHistory.RevisionWhenEmpty;
        }

        // A snapshot may take it forward over revisions that were compacted since.
        audited = Math.Max(audited, store.CompactRevision);
        long current = store.CurrentRevision;
        while (audited < current)
        {
            _events.Clear();
            if (!store.TryReadEvents(audited + 1, current, static _ => true, int.MaxValue, _events, out long last))
            {
                throw new SimulationFailedException($"{member.Life.Name}: history from {audited + 1} to {current} cannot be read");
            }

            history.Add(member.Life.Name, audited + 1, last, _events);
            audited = last;
        }

        if (current < audited)
        {
            throw new SimulationFailedException($"{member.Life.Name}: revision went back from {audited} to {current}");
        }

        _audited[member.Life] = audited;
    }
}
