using System.Text;

using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Membership;
using Etcd.Testing.SimulatedDisk;
using Etcd.V2;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Apply;

/// <summary>What every member checks when a configuration change is applied: the proposer may have looked at older members.</summary>
public sealed class MembershipApplierTests : IDisposable
{
    private readonly Backend _backend = Backend.Open(new SimulatedFileSystem(), "/db", new BackendOptions { CommitsOnOwnThread = false });
    private readonly ClusterMembership _membership = new(77, V2NameSpaces.NewStore());
    private readonly MembershipApplier _applier;

    public MembershipApplierTests()
    {
        _applier = new MembershipApplier(_backend, _membership, learnersMax: 1, new ServerLog(NullLogger.Instance));
        Accept(Add(1, "http://a:1"));
        Accept(Add(2, "http://b:1"));
    }

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Apply_NewMember_IsAdded()
    {
        ConfChange change = Add(3, "http://c:1");

        Assert.Equal(change, Accept(change));
        Assert.NotNull(_membership.View.Find(3));
    }

    [Fact]
    public void Apply_RemovedIdComesBack_IsRefused()
    {
        Accept(new ConfChange(ConfChangeType.RemoveNode, 2));

        Assert.Equal(EtcdErrorCode.MemberRemoved, Refuse(Add(2, "http://z:1")));
        Assert.Equal(EtcdErrorCode.MemberRemoved, Refuse(new ConfChange(ConfChangeType.RemoveNode, 2)));
    }

    [Fact]
    public void Apply_IdThatIsThere_IsRefused() => Assert.Equal(EtcdErrorCode.MemberExists, Refuse(Add(1, "http://z:1")));

    [Fact]
    public void Apply_PeerUrlOfAnother_IsRefused()
    {
        Assert.Equal(EtcdErrorCode.PeerUrlExists, Refuse(Add(3, "http://b:1")));
        Assert.Equal(EtcdErrorCode.PeerUrlExists, Refuse(Change(ConfChangeType.UpdateNode, 1, "{\"id\":1,\"peerURLs\":[\"http://b:1\"]}")));
    }

    [Fact]
    public void Apply_UpdateWithOwnUrl_SwapsUrls()
    {
        Accept(Change(ConfChangeType.UpdateNode, 1, "{\"id\":1,\"peerURLs\":[\"http://a:1\",\"http://a:2\"]}"));

        Assert.Equal(["http://a:1", "http://a:2"], _membership.View.Find(1)!.PeerUrls);
    }

    [Fact]
    public void Apply_UnknownMember_IsRefused()
    {
        Assert.Equal(EtcdErrorCode.MemberNotFound, Refuse(new ConfChange(ConfChangeType.RemoveNode, 9)));
        Assert.Equal(EtcdErrorCode.MemberNotFound, Refuse(Change(ConfChangeType.UpdateNode, 9, "{\"id\":9,\"peerURLs\":[\"http://q:1\"]}")));
        Assert.Equal(EtcdErrorCode.MemberNotFound, Refuse(Promotion(9)));
    }

    [Fact]
    public void Apply_SecondLearner_IsRefused()
    {
        Accept(Learner(3, "http://c:1"));

        Assert.Equal(EtcdErrorCode.TooManyLearners, Refuse(Learner(4, "http://d:1")));
    }

    // Incident: in 3.5.1 to 3.5.19 a promotion reached the v2 store alone, and learners came back on upgrade (#19557).
    [Fact]
    public void Apply_Promotion_ReachesViewTreeAndBackend()
    {
        Accept(Learner(3, "http://c:1"));

        Accept(Promotion(3));

        Assert.False(_membership.View.Find(3)!.IsLearner);
        Assert.Equal("{\"peerURLs\":[\"http://c:1\"]}", _membership.Tree.View.Find("/0/members/3/raftAttributes")!.Value);
        using BackendView view = _backend.View();
        Assert.True(view.TryGet(BackendBucket.Members, "3"u8, out ReadOnlySpan<byte> record));
        Assert.Equal("{\"id\":3,\"peerURLs\":[\"http://c:1\"]}", Encoding.UTF8.GetString(record));
    }

    [Fact]
    public void Apply_PromotionOfAVoter_IsRefused() => Assert.Equal(EtcdErrorCode.MemberNotLearner, Refuse(Promotion(1)));

    [Fact]
    public void Apply_UnreadableMember_IsRefused() =>
        Assert.Equal(EtcdErrorCode.MemberNotFound, Refuse(Change(ConfChangeType.AddNode, 3, "no member")));

    private static ConfChange Add(ulong id, string url) =>
        Change(ConfChangeType.AddNode, id, $"{{\"id\":{id},\"peerURLs\":[\"{url}\"],\"isPromote\":false}}");

    private static ConfChange Learner(ulong id, string url) =>
        Change(ConfChangeType.AddLearnerNode, id, $"{{\"id\":{id},\"peerURLs\":[\"{url}\"],\"isLearner\":true}}");

    private static ConfChange Promotion(ulong id) =>
        Change(ConfChangeType.AddNode, id, $"{{\"id\":{id},\"peerURLs\":null,\"isPromote\":true}}");

    private static ConfChange Change(ConfChangeType type, ulong id, string context) => new(type, id, Encoding.UTF8.GetBytes(context));

    private ConfChange Accept(ConfChange change)
    {
        ConfChange applied = _applier.Apply(change, isInBackend: false, out EtcdException? refusal);
        Assert.Null(refusal);
        return applied;
    }

    // What raft is told of a refused change is a change of nobody.
    private EtcdErrorCode Refuse(ConfChange change)
    {
        ulong index = _membership.Tree.View.Index;
        ConfChange applied = _applier.Apply(change, isInBackend: false, out EtcdException? refusal);
        Assert.Equal(0UL, applied.NodeId);
        Assert.Equal(index, _membership.Tree.View.Index);
        return refusal!.Code;
    }
}
