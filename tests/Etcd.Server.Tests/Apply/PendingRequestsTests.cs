using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Apply;
using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Apply;

public sealed class PendingRequestsTests
{
    private readonly ProposalBudget _budget = new(bytesMax: 1000, reservedBytes: 0);
    private readonly PendingRequests _pending = new(new ForwardedRequests(), Execution.Threads);

    [Fact]
    public void TryClaim_RequestAnywhereInTheList_TakesItOutAlone()
    {
        PendingRequest[] requests = [Add(1), Add(2), Add(3), Add(4)];

        Assert.True(requests[1].TryClaim());
        Assert.True(requests[0].TryClaim());
        Assert.True(requests[3].TryClaim());
        Assert.False(requests[3].TryClaim());

        Assert.Equal(1, _pending.Count);
        Assert.Equal(1, _pending.Expire(now: 10, static _ => EtcdErrorCode.Timeout));
        Assert.True(requests[2].IsAnswered);
        Assert.Equal(0, _pending.Count);
    }

    [Fact]
    public async Task Expire_SomeDeadlinesPassed_FailsThoseOnly()
    {
        PendingRequest early = Add(1);
        PendingRequest late = Add(5);

        Assert.Equal(1, _pending.Expire(now: 4, static _ => EtcdErrorCode.Timeout));

        EtcdException error = await Assert.ThrowsAsync<EtcdException>(async () => await early.Reply);
        Assert.Equal(EtcdErrorCode.Timeout, error.Code);
        Assert.False(late.IsAnswered);
        Assert.Equal(1, _pending.Count);
    }

    [Fact]
    public async Task Close_RequestsWait_FailsThemAndTakesNoMore()
    {
        PendingRequest first = Add(1);
        PendingRequest second = Add(2);

        _pending.Close();

        foreach (PendingRequest request in (PendingRequest[])[first, second])
        {
            EtcdException error = await Assert.ThrowsAsync<EtcdException>(async () => await request.Reply);
            Assert.Equal(EtcdErrorCode.Stopped, error.Code);
        }

        Assert.False(_pending.TryAdd(Create(3)));
        Assert.Equal(0, _pending.Count);
    }

    private PendingRequest Add(long deadline)
    {
        PendingRequest request = Create(deadline);
        Assert.True(_pending.TryAdd(request));
        return request;
    }

    private PendingRequest Create(long deadline) =>
        new(_budget) { Id = (ulong)deadline, Request = new InternalRaftRequest(), Encoded = new byte[10], Deadline = deadline };
}
