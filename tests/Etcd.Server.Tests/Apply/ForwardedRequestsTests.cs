using Etcd.Protocol.Replication;
using Etcd.Server.Apply;
using Etcd.Server.Pumps;

namespace Etcd.Server.Tests.Apply;

// An id tells a request from others only as far as ids do not collide; what an entry is, its bytes tell.
public sealed class ForwardedRequestsTests
{
    private readonly ProposalBudget _budget = new(bytesMax: 1000, reservedBytes: 0);
    private readonly ForwardedRequests _forwarded = new();

    [Fact]
    public void Take_EntryHasTheIdAndOtherBytes_LeavesTheRequestForItsOwn()
    {
        PendingRequest request = Create(1, [1, 2, 3]);
        _forwarded.Add([request]);

        Assert.Null(_forwarded.Take(1, new byte[] { 1, 2, 4 }));
        Assert.Null(_forwarded.Take(1, new byte[] { 1, 2 }));
        Assert.Null(_forwarded.Take(2, new byte[] { 1, 2, 3 }));
        Assert.Same(request, _forwarded.Take(1, new byte[] { 1, 2, 3 }));
        Assert.True(_forwarded.IsEmpty);
    }

    [Fact]
    public void Remove_AnotherRequestHasItsIdNow_LeavesThatOne()
    {
        PendingRequest first = Create(1, [1]);
        PendingRequest second = Create(1, [2]);
        _forwarded.Add([first]);
        _forwarded.Add([second]);

        _forwarded.Remove(first);

        Assert.Same(second, _forwarded.Take(1, second.Encoded));
    }

    [Fact]
    public void Expire_RequestWasForwarded_IsForgotten()
    {
        var pending = new PendingRequests(_forwarded, Execution.Threads);
        PendingRequest late = Create(1, [1]);
        PendingRequest inTime = Create(2, [2], deadline: 10);
        Assert.True(pending.TryAdd(late));
        Assert.True(pending.TryAdd(inTime));
        _forwarded.Add([late, inTime]);

        pending.Expire(now: 5, static _ => Protocol.Errors.EtcdErrorCode.Timeout);

        Assert.Null(_forwarded.Take(1, late.Encoded));
        Assert.Same(inTime, _forwarded.Take(2, inTime.Encoded));
    }

    private PendingRequest Create(ulong id, byte[] encoded, long deadline = 1) =>
        new(_budget) { Id = id, Request = new InternalRaftRequest(), Encoded = encoded, Deadline = deadline };
}
