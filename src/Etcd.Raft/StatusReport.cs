namespace Etcd.Raft;

/// <summary>Makes <see cref="RaftStatus"/> values.</summary>
internal static class StatusReport
{
    public static RaftStatus Of(RaftCore core)
    {
        MemberProgress[] progress = [];
        if (core.Role == RaftRole.Leader)
        {
            ReadOnlySpan<Progress> members = core.Members.Members;
            progress = new MemberProgress[members.Length];
            for (int i = 0; i < members.Length; i++)
            {
                progress[i] = members[i].View;
            }
        }

        return new RaftStatus
        {
            Id = core.Id,
            Term = core.Term,
            Vote = core.Vote,
            Commit = core.Log.Committed,
            LastIndex = core.Log.LastIndex,
            Applied = core.Log.Applied,
            Leader = core.Leader,
            Role = core.Role,
            LeadTransferee = core.Transfer.Target,
            Configuration = core.Members.Configuration.ConfState,
            Progress = progress,
        };
    }
}
