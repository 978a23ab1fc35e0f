using Etcd.Raft;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A leader takes an entry of an earlier term for committed as soon as a quorum has it (raft paper, section 5.4.2, figure 8).</summary>
internal sealed class OlderTermCommit : PlantedBug
{
    public override RaftOptions Tamper(RaftOptions options) => options with { CommitRule = new AnyTerm() };

    private sealed class AnyTerm : CommitRule
    {
        public override bool TryCommit(RaftLog log, ulong term, ulong index) => log.TryCommit(new EntryId(log.TermOrZero(index), index));
    }
}
