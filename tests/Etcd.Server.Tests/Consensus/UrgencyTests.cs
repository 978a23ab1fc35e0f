using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Consensus;

using Google.Protobuf;

namespace Etcd.Server.Tests.Consensus;

public sealed class UrgencyTests
{
    private static readonly InternalRaftRequest[] Ordinary =
    [
        new() { Put = new PutRequest() },
        new() { Txn = new TxnRequest() },
        new() { DeleteRange = new DeleteRangeRequest() },
        new() { LeaseGrant = new LeaseGrantRequest() },
    ];

    private static readonly InternalRaftRequest[] Urgent =
    [
        new() { LeaseRevoke = new LeaseRevokeRequest() },
        new() { LeaseCheckpoint = new LeaseCheckpointRequest() },
        new() { Compaction = new CompactionRequest() },
        new() { Alarm = new AlarmRequest() },
        new() { AuthDisable = new AuthDisableRequest() },
        new() { AuthUserChangePassword = new AuthUserChangePasswordRequest() },
        new() { ClusterMemberAttrSet = new() },
    ];

    [Fact]
    public void IsTooFarBehind_OrdinaryRequests_AreRefusedBeforeUrgentOnes()
    {
        Assert.All(Ordinary, request => Assert.False(IsTooFarBehind(Pending(request), Urgency.ApplyLagMax)));
        Assert.All(Ordinary, request => Assert.True(IsTooFarBehind(Pending(request), Urgency.ApplyLagMax + 1)));
        Assert.True(IsTooFarBehind(Pending(new Request { Method = "PUT" }), Urgency.ApplyLagMax + 1));
        Assert.All(Urgent, request => Assert.False(IsTooFarBehind(Pending(request), Urgency.UrgentApplyLagMax)));
        Assert.All(Urgent, request => Assert.True(IsTooFarBehind(Pending(request), Urgency.UrgentApplyLagMax + 1)));
        Assert.False(IsTooFarBehind(Pending(new ConfChange(ConfChangeType.AddNode, NodeId: 1)), 1_000_000));
    }

    [Fact]
    public void IsTooFarBehind_ApplyIsAhead_IsFalse() =>
        Assert.False(Urgency.IsTooFarBehind(Pending(Ordinary[0]), committed: 7, applied: 9));

    private static bool IsTooFarBehind(PendingRequest request, ulong lag) => Urgency.IsTooFarBehind(request, 100 + lag, 100);

    private static PendingRequest Pending(IMessage request) =>
        new(new ProposalBudget(1, 0)) { Id = 1, Request = request, Encoded = default, Deadline = 0 };

    private static PendingRequest Pending(ConfChange change) =>
        new(new ProposalBudget(1, 0)) { Id = 1, Change = change, Encoded = default, Deadline = 0 };
}
