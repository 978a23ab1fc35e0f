using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

using Member = Etcd.Server.Membership.Member;

namespace Etcd.Server.Operations;

/// <summary>What clients ask about members, and what they change about them. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
public sealed class ClusterOperations
{
    /// <summary>How much of the leader's log a learner must have before it may vote.</summary>
    private const double LearnerReadyShare = 0.9;

    private const int NotFound = 404;
    private const int PreconditionFailed = 412;

    private readonly ClusterMembership _membership;
    private readonly ReadGate _gate;
    private readonly HeaderSource _headers;
    private readonly Proposals _proposals;
    private readonly RaftLoop _loop;
    private readonly ReconfigurationRules _rules;
    private readonly LeaderForwarding _forwarding;
    private readonly TimeProvider _time;
    private readonly ServerInstruments _instruments;

    internal ClusterOperations(
        ClusterMembership membership,
        ReadGate gate,
        HeaderSource headers,
        Proposals proposals,
        RaftLoop loop,
        ReconfigurationRules rules,
        LeaderForwarding forwarding,
        TimeProvider time,
        ServerInstruments instruments)
    {
        _instruments = instruments;
        _membership = membership;
        _gate = gate;
        _headers = headers;
        _proposals = proposals;
        _loop = loop;
        _rules = rules;
        _forwarding = forwarding;
        _time = time;
    }

    /// <summary>The cluster as this member knows it.</summary>
    public ClusterView View => _membership.View;

    /// <summary>Lists the members.</summary>
    public async ValueTask<MemberListResponse> ListAsync(MemberListRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ClusterView view = request.Linearizable
            ? await _gate.ReadAsync(() => _membership.View, cancellationToken).ConfigureAwait(false)
            : _membership.View;
        return new MemberListResponse { Header = Header(), Members = { MessagesOf(view) } };
    }

    /// <summary>Adds a member, which is then expected to start with <c>--initial-cluster-state existing</c>.</summary>
    /// <exception cref="EtcdException">The URLs are none or somebody's already, or the quorum would be in danger.</exception>
    public async ValueTask<MemberAddResponse> AddAsync(MemberAddRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!AdvertisedUrls.TryRead(request.PeerURLs, out IReadOnlyList<string> urls))
        {
            throw new EtcdException(EtcdErrorCode.MemberBadUrls);
        }

        ulong id = MemberIds.ForMember(urls, clusterToken: string.Empty, _time.GetUtcNow());
        var member = new Member(id, urls, request.IsLearner, Name: string.Empty, ClientUrls: []);
        _rules.CheckAdd(member.IsLearner);
        var change = new ConfChange(
            member.IsLearner ? ConfChangeType.AddLearnerNode : ConfChangeType.AddNode, id, MemberRecord.Write(member));
        ClusterView view = await ProposeAsync(change, cancellationToken).ConfigureAwait(false);
        return new MemberAddResponse { Header = Header(), Member = MessageOf(member), Members = { MessagesOf(view) } };
    }

    /// <summary>Removes a member for good; its id never comes back.</summary>
    /// <exception cref="EtcdException">There is no such member, or the quorum would be in danger.</exception>
    public async ValueTask<MemberRemoveResponse> RemoveAsync(MemberRemoveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _rules.CheckRemove(request.ID);
        var change = new ConfChange(ConfChangeType.RemoveNode, request.ID);
        ClusterView view = await ProposeAsync(change, cancellationToken).ConfigureAwait(false);
        return new MemberRemoveResponse { Header = Header(), Members = { MessagesOf(view) } };
    }

    /// <summary>Changes where a member's peers reach it.</summary>
    /// <exception cref="EtcdException">There is no such member, or a URL is another's.</exception>
    public async ValueTask<MemberUpdateResponse> UpdateAsync(MemberUpdateRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!AdvertisedUrls.TryRead(request.PeerURLs, out IReadOnlyList<string> urls))
        {
            // That there is no such member comes before a word about its URLs, as in etcd. With usable ones apply says so, and of one that was removed
            // too: this member may lag, and not know yet of one that was added.
            ClusterView known = _membership.View;
            throw new EtcdException(
                known.Find(request.ID) is null && !known.IsRemoved(request.ID) ? EtcdErrorCode.MemberNotFound : EtcdErrorCode.MemberBadUrls);
        }

        var member = new Member(request.ID, urls, IsLearner: false, Name: string.Empty, ClientUrls: []);
        var change = new ConfChange(ConfChangeType.UpdateNode, request.ID, MemberRecord.Write(member));
        ClusterView view = await ProposeAsync(change, cancellationToken).ConfigureAwait(false);
        return new MemberUpdateResponse { Header = Header(), Members = { MessagesOf(view) } };
    }

    /// <summary>Makes a learner a voter.</summary>
    /// <param name="request">The learner.</param>
    /// <param name="authorization">The caller's token, for the leader this may be forwarded to; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EtcdException">It is none, or does not keep up with the leader.</exception>
    public async ValueTask<MemberPromoteResponse> PromoteAsync(
        MemberPromoteRequest request, string? authorization, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        IReadOnlyList<PeerMemberRecord> members = await _forwarding.AskAsync(
            token => PromoteAsLeaderAsync(request.ID, token),
            (peers, url, token) => peers.PromoteAsync(url, request.ID, authorization, token),
            PromotionRefusal,
            cancellationToken).ConfigureAwait(false);
        var reply = new MemberPromoteResponse { Header = Header() };
        reply.Members.AddRange(members.Select(member => new Protocol.Rpc.Member
        {
            ID = member.Id,
            Name = member.Name,
            PeerURLs = { member.PeerUrls },
            ClientURLs = { member.ClientUrls },
            IsLearner = member.IsLearner,
        }));
        return reply;
    }

    /// <summary>Makes a learner a voter, if this member leads: what a follower asks its leader.</summary>
    /// <returns>The members after it; <see langword="null"/> when this member does not lead.</returns>
    /// <exception cref="EtcdException">It is no learner, or does not keep up.</exception>
    public async ValueTask<IReadOnlyList<PeerMemberRecord>?> PromoteAsLeaderAsync(ulong id, CancellationToken cancellationToken)
    {
        RaftStatus status = await _loop.StatusAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (status.Progress.Count == 0)
        {
            return null;
        }

        ulong? match = MatchOf(status, id);
        if (match is null)
        {
            throw new EtcdException(EtcdErrorCode.MemberNotFound);
        }

        if (match < MatchOf(status, status.Id) * LearnerReadyShare)
        {
            _instruments.CountPromotion(succeeded: false);
            throw new EtcdException(EtcdErrorCode.LearnerNotReady);
        }

        _rules.CheckPromote();
        var change = new ConfChange(ConfChangeType.AddNode, id, MemberRecord.WritePromotion(id));
        ClusterView view = await ProposeAsync(change, cancellationToken).ConfigureAwait(false);
        _instruments.CountPromotion(succeeded: true);
        return [.. view.Members.Select(member =>
            new PeerMemberRecord(member.Id, member.PeerUrls, member.IsLearner, member.Name, member.ClientUrls))];
    }

    /// <summary>Completes once this member has applied all that was committed anywhere before.</summary>
    public Task ConfirmAsync(CancellationToken cancellationToken) => _gate.ConfirmAsync(cancellationToken);

    private static ulong? MatchOf(RaftStatus status, ulong id)
    {
        foreach (MemberProgress progress in status.Progress)
        {
            if (progress.Id == id)
            {
                return progress.Match;
            }
        }

        return null;
    }

    // The leader's texts; both refusals that a promotion can meet have the same status.
    private static EtcdException? PromotionRefusal(PeerQueryException failure) => failure.StatusCode switch
    {
        NotFound => new EtcdException(EtcdErrorCode.MemberNotFound),
        PreconditionFailed when failure.Message.Contains("in sync with leader", StringComparison.Ordinal) =>
            new EtcdException(EtcdErrorCode.LearnerNotReady),
        PreconditionFailed when failure.Message.Contains("can only promote a learner member", StringComparison.Ordinal) =>
            new EtcdException(EtcdErrorCode.MemberNotLearner),
        _ => null,
    };

    private static IEnumerable<Protocol.Rpc.Member> MessagesOf(ClusterView view) => view.Members.Select(MessageOf);

    private static Protocol.Rpc.Member MessageOf(Member member) => new()
    {
        ID = member.Id,
        Name = member.Name,
        PeerURLs = { member.PeerUrls },
        ClientURLs = { member.ClientUrls },
        IsLearner = member.IsLearner,
    };

    private async ValueTask<ClusterView> ProposeAsync(ConfChange change, CancellationToken cancellationToken) =>
        await _proposals.ProposeAsync(change).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);

    // etcd leaves the revision out here: the member list is no state of the store.
    private ResponseHeader Header() => _headers.Create(revision: 0);
}
