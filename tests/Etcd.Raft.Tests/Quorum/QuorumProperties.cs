using FsCheck;
using FsCheck.Fluent;

namespace Etcd.Raft.Tests.Quorum;

/// <summary>Properties of quorums against their definitions.</summary>
public sealed class QuorumProperties
{
    private sealed class Acknowledged(IReadOnlyList<ulong> indexes) : IAcknowledgedIndexes
    {
        public ulong AcknowledgedBy(ulong id) => indexes[(int)id - 1];
    }

    [Fact]
    public void CommittedIndex_AnyAcknowledgements_IsTheHighestThatAMajorityHas() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            ulong[] indexes = [.. bytes.Select(b => (ulong)b)];
            var quorum = new MajorityQuorum([.. Enumerable.Range(1, indexes.Length).Select(i => (ulong)i)]);
            ulong committed = quorum.CommittedIndex(new Acknowledged(indexes));
            bool IsOnMajority(ulong index) => indexes.Count(i => i >= index) > indexes.Length / 2;
            return indexes.Length == 0
                ? committed == ulong.MaxValue
                : IsOnMajority(committed) && !IsOnMajority(committed + 1);
        }).QuickCheckThrowOnFailure();

    // Raft thesis, section 4.1: majorities before and after a change of one voter overlap.
    [Fact]
    public void ApplySimple_AnyChanges_EitherRefusesOrChangesAtMostOneVoter() =>
        Prop.ForAll<byte[], byte[]>((start, changes) =>
        {
            var before = Configuration.From(new ConfState { Voters = [.. start.Select(b => (ulong)(b % 7) + 1).Distinct()] });
            ChangeOutcome outcome = ConfigurationChanger.ApplySimple(before, Changes(changes));
            HashSet<ulong> difference = [.. before.Voters.Ids];
            difference.SymmetricExceptWith(outcome.Configuration.Voters.Ids);
            return outcome.Fault != ChangeFault.None
                ? ReferenceEquals(outcome.Configuration, before)
                : difference.Count <= 1 && outcome.Configuration.Voters.Incoming.Count > 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void JointChange_EnteredAndLeft_EndsWithTheIncomingVotersAndDisjointLearners() =>
        Prop.ForAll<byte[], byte[]>((start, changes) =>
        {
            var before = Configuration.From(new ConfState { Voters = [.. start.Select(b => (ulong)(b % 7) + 1).Distinct()] });
            ChangeOutcome entered = ConfigurationChanger.EnterJoint(before, Changes(changes), autoLeave: true);
            if (entered.Fault != ChangeFault.None)
            {
                return true;
            }

            Configuration after = ConfigurationChanger.LeaveJoint(entered.Configuration).Configuration;
            return entered.Configuration.ConfState.VotersOutgoing.SequenceEqual(before.ConfState.Voters)
                && after.ConfState.Voters.SequenceEqual(entered.Configuration.ConfState.Voters)
                && !after.Learners.Intersect(after.ConfState.Voters).Any()
                && !after.AutoLeave;
        }).QuickCheckThrowOnFailure();

    private static ConfChangeSingle[] Changes(byte[] bytes) =>
        [.. bytes.Select(b => new ConfChangeSingle((ConfChangeType)(b & 3), (ulong)(b >> 2) % 8))];
}
